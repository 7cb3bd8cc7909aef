// What it was spent on: by service, by model, by channel. Each adds up to the same total.
import { SimpleGrid, Skeleton } from "@mantine/core";
import type { CostGroup } from "../../api/assistant";
import { channelLabel, words } from "../../components/labels";
import { Section } from "../../components/Section";
import { ErrorState } from "../../components/states";
import { Bars } from "../dashboard/Bars";
import type { Range } from "../dashboard/range";
import { formatMoney } from "./money";
import { useCosts } from "./queries";

const services: Record<string, string> = {
  chat: "Answers",
  embedding: "Search (vectors)",
  transcription: "Voice notes",
};

const parts: { title: string; hint: string; by: CostGroup; label: (key: string) => string }[] = [
  { title: "By service", hint: "What models were asked for", by: "service", label: serviceLabel },
  { title: "By model", hint: "Which were asked", by: "model", label: (key) => key },
  { title: "By channel", hint: "For customers on", by: "channel", label: placeLabel },
];

export function Breakdown(props: { range: Range }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
      {parts.map((part) => (
        <Section key={part.by} title={part.title} hint={part.hint}>
          <Part range={props.range} by={part.by} label={part.label} />
        </Section>
      ))}
    </SimpleGrid>
  );
}

function Part(props: { range: Range; by: CostGroup; label: (key: string) => string }) {
  const costs = useCosts(props.range, props.by);
  if (costs.isPending) return <Skeleton height={120} role="status" aria-label="Loading costs" />;
  if (costs.isError && !costs.data) return <ErrorState error={costs.error} retry={() => costs.refetch()} />;
  const { rows, currency } = costs.data;
  const old = costs.isPlaceholderData;
  return (
    <div aria-busy={old} style={{ opacity: old ? 0.6 : 1 }}>
      <Bars
        shares={rows.map((row) => ({ label: props.label(row.key), amount: row.cost }))}
        unit="spent"
        format={(amount) => formatMoney(amount, currency)}
      />
    </div>
  );
}

export function serviceLabel(key: string): string {
  return services[key] ?? words(key);
}

function placeLabel(key: string): string {
  return key === "none" ? "No conversation" : channelLabel(key);
}
