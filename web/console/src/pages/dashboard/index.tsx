// Dashboard: how much came in, how fast it was answered, who resolved it and what customers said. The plots are a chunk of
// their own, loaded after the figures are on the screen.
import { Button, SimpleGrid, Skeleton, Stack } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import type { Dashboard } from "../../api/types";
import { PageHeader } from "../../components/PageHeader";
import { EmptyState, ErrorState } from "../../components/states";
import { AgentFigures } from "./AgentFigures";
import { download } from "./download";
import { KeyFigures } from "./KeyFigures";
import { useDashboard, useEarlier, useRange } from "./queries";
import { RangePicker } from "./RangePicker";
import { formatDay, lengthOf } from "./range";
import { Shares } from "./Shares";

const Plots = lazy(() => import("./Plots"));

export default function DashboardPage() {
  const { choice, choose, today } = useRange();
  const dashboard = useDashboard(choice.range);
  const earlier = useEarlier(choice.range);
  const { from, to } = choice.range;
  const days = lengthOf(choice.range);
  return (
    <div className="page">
      <PageHeader
        title="Dashboard"
        subtitle={`${from === to ? formatDay(from, true) : `${formatDay(from, true)} to ${formatDay(to, true)}`} · compared with the ${days === 1 ? "day" : `${days} days`} before`}
        actions={
          <>
            <RangePicker choice={choice} choose={choose} today={today} />
            <Button
              variant="default"
              leftSection={<IconDownload size={16} />}
              disabled={!dashboard.data}
              onClick={() => dashboard.data && download(dashboard.data)}
            >
              CSV
            </Button>
          </>
        }
      />
      {dashboard.isPending && <Waiting />}
      {dashboard.isError && !dashboard.data && (
        <ErrorState error={dashboard.error} retry={() => dashboard.refetch()} />
      )}
      {dashboard.data && (
        <Loaded dashboard={dashboard.data} earlier={earlier.data} busy={dashboard.isPlaceholderData} />
      )}
    </div>
  );
}

function Loaded(props: { dashboard: Dashboard; earlier: Dashboard | undefined; busy: boolean }) {
  const { dashboard } = props;
  const { totals } = dashboard;
  const nothing = totals.conversations === 0 && totals.messages === 0 && totals.rating.count === 0;
  return (
    <Stack aria-busy={props.busy} style={{ opacity: props.busy ? 0.6 : 1 }}>
      <KeyFigures totals={totals} earlier={props.earlier?.totals} />
      {nothing ? (
        <EmptyState title="Nothing happened in these days">
          As soon as somebody writes, volume, response times and ratings are plotted here.
        </EmptyState>
      ) : (
        <>
          <Suspense fallback={<WaitingPlots />}>
            <Plots dashboard={dashboard} />
          </Suspense>
          <Shares dashboard={dashboard} />
          <AgentFigures agents={dashboard.agents} />
        </>
      )}
    </Stack>
  );
}

function Waiting() {
  return (
    <Stack role="status" aria-label="Loading the figures">
      <SimpleGrid cols={{ base: 2, md: 3, lg: 6 }}>
        {["a", "b", "c", "d", "e", "f"].map((key) => (
          <Skeleton key={key} height={96} />
        ))}
      </SimpleGrid>
      <WaitingPlots />
    </Stack>
  );
}

function WaitingPlots() {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      {["a", "b", "c", "d"].map((key) => (
        <Skeleton key={key} height={320} />
      ))}
    </SimpleGrid>
  );
}
