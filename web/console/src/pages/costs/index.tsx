// Costs: this month against its budget, what models cost day by day and for what, and what kept answers saved.
import { SimpleGrid, Skeleton, Stack } from "@mantine/core";
import { IconCoins } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import type { CostReport } from "../../api/assistant";
import { useIsAdmin } from "../../api/session";
import { PageHeader } from "../../components/PageHeader";
import { AdminsOnly, EmptyState, ErrorState } from "../../components/states";
import { useRange } from "../dashboard/queries";
import { RangePicker } from "../dashboard/RangePicker";
import { addDays, formatDay, lengthOf, type Range } from "../dashboard/range";
import { Breakdown } from "./Breakdown";
import { BudgetCard } from "./BudgetCard";
import { CacheCard } from "./CacheCard";
import { Figure } from "./Figure";
import { daysOf, formatMoney, formatTokens, ofMicros } from "./money";
import { useCosts } from "./queries";

const DayPlot = lazy(() => import("./DayPlot"));

export default function CostsPage() {
  if (useIsAdmin()) return <Loaded />;
  return (
    <div className="page">
      <PageHeader title="Costs" />
      <AdminsOnly what="Only administrators see what models cost." />
    </div>
  );
}

function Loaded() {
  const { choice, choose, today } = useRange();
  const { from, to } = choice.range;
  return (
    <div className="page">
      <PageHeader
        title="Costs"
        subtitle={from === to ? formatDay(from, true) : `${formatDay(from, true)} to ${formatDay(to, true)}`}
        actions={<RangePicker choice={choice} choose={choose} today={today} />}
      />
      <Stack>
        <BudgetCard today={today} />
        <Spent range={choice.range} />
        <CacheCard />
      </Stack>
    </div>
  );
}

function Spent(props: { range: Range }) {
  const costs = useCosts(props.range, "day");
  if (costs.isPending) return <Skeleton height={320} role="status" aria-label="Loading costs" />;
  if (costs.isError && !costs.data) return <ErrorState error={costs.error} retry={() => costs.refetch()} />;
  const report = costs.data;
  if (report.total.calls === 0) {
    return (
      <EmptyState title="No model was asked in these days" icon={<IconCoins size={22} stroke={1.6} />}>
        The builtin assistant costs nothing. As soon as a model answers, what it costs stands here.
      </EmptyState>
    );
  }
  const days = Array.from({ length: lengthOf(report) }, (_, index) => addDays(report.from, index));
  return (
    <Stack aria-busy={costs.isPlaceholderData} style={{ opacity: costs.isPlaceholderData ? 0.6 : 1 }}>
      <Totals report={report} />
      <Suspense fallback={<Skeleton height={300} />}>
        <DayPlot days={daysOf(report.rows, days)} currency={report.currency} />
      </Suspense>
      <Breakdown range={props.range} />
    </Stack>
  );
}

function Totals(props: { report: CostReport }) {
  const { total, currency } = props.report;
  const estimated = ofMicros(total.estimated_micros);
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
      <Figure
        label="Spent"
        value={formatMoney(total.cost, currency)}
        hint={
          estimated > 0 ? `${formatMoney(estimated, currency)} of it estimated` : "As the providers counted"
        }
      />
      <Figure label="Calls" value={total.calls.toLocaleString()} hint="Of models" />
      <Figure label="Per call" value={formatMoney(total.cost / total.calls, currency)} hint="On average" />
      <Figure
        label="Tokens"
        value={formatTokens(total.prompt_tokens + total.completion_tokens)}
        hint={`${formatTokens(total.prompt_tokens)} read, ${formatTokens(total.completion_tokens)} written`}
      />
    </SimpleGrid>
  );
}
