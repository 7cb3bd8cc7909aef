// The plots over time. Two series in one plot differ by place as well as by colour.
import "@mantine/charts/styles.css";
import { BarChart, LineChart } from "@mantine/charts";
import { SimpleGrid } from "@mantine/core";
import type { Dashboard } from "../../api/types";
import { type Bucket, bucketsOf, unitOf } from "./buckets";
import { formatSeconds, formatTick, ticksUpTo } from "./figures";
import { type Column, Plot } from "./Plot";

const HEIGHT = 230;
const when: Column<Bucket> = { label: "When", text: (bucket) => bucket.label };
const scale = { tickMargin: 8, minTickGap: 24, interval: "equidistantPreserveStart" } as const;
// Nobody counts half a conversation.
const whole = { allowDecimals: false };
const still = { isAnimationActive: false } as const;
// The drawing is hidden from screen readers, so nothing in it may take the focus.
const mute = { accessibilityLayer: false } as const;
const DOTS_MAX = 62;
const count = (value: number) => value.toLocaleString();

export default function Plots(props: { dashboard: Dashboard }) {
  const buckets = bucketsOf(props.dashboard.days);
  const unit = unitOf(props.dashboard.days.length);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Volume buckets={buckets} unit={unit} />
      <Resolution buckets={buckets} unit={unit} />
      <Times
        title="First response"
        of="firstResponseS"
        color="var(--chart-conversations)"
        buckets={buckets}
        unit={unit}
      />
      <Times title="Wait for a person" of="waitS" color="var(--chart-human)" buckets={buckets} unit={unit} />
    </SimpleGrid>
  );
}

interface PlotProps {
  buckets: Bucket[];
  unit: string;
}

function Volume({ buckets, unit }: PlotProps) {
  return (
    <Plot
      title="Volume"
      hint={`Conversations that began, per ${unit}`}
      rows={buckets}
      empty={buckets.every((bucket) => bucket.conversations === 0)}
      columns={[
        when,
        { label: "Conversations", text: (bucket) => count(bucket.conversations) },
        { label: "Messages", text: (bucket) => count(bucket.messages) },
        { label: "Handed to a person", text: (bucket) => count(bucket.handovers) },
      ]}
    >
      <BarChart
        h={HEIGHT}
        data={buckets}
        dataKey="label"
        withLegend
        legendProps={{ verticalAlign: "bottom" }}
        xAxisProps={scale}
        yAxisProps={whole}
        barProps={still}
        barChartProps={mute}
        maxBarWidth={28}
        valueFormatter={count}
        series={[
          { name: "conversations", label: "Conversations", color: "var(--chart-conversations)" },
          { name: "handovers", label: "Handed to a person", color: "var(--chart-human)" },
        ]}
      />
    </Plot>
  );
}

function Resolution({ buckets, unit }: PlotProps) {
  return (
    <Plot
      title="Resolution"
      hint={`Conversations that were resolved, per ${unit}`}
      rows={buckets}
      empty={buckets.every((bucket) => bucket.byAssistant + bucket.byHuman === 0)}
      columns={[
        when,
        { label: "By the assistant", text: (bucket) => count(bucket.byAssistant) },
        { label: "By a person", text: (bucket) => count(bucket.byHuman) },
      ]}
    >
      <BarChart
        h={HEIGHT}
        data={buckets}
        dataKey="label"
        type="stacked"
        withLegend
        legendProps={{ verticalAlign: "bottom" }}
        xAxisProps={scale}
        yAxisProps={whole}
        barProps={still}
        barChartProps={mute}
        maxBarWidth={28}
        valueFormatter={count}
        series={[
          { name: "byAssistant", label: "By the assistant", color: "var(--chart-assistant)" },
          { name: "byHuman", label: "By a person", color: "var(--chart-human)" },
        ]}
      />
    </Plot>
  );
}

function Times(props: PlotProps & { title: string; of: "firstResponseS" | "waitS"; color: string }) {
  const { buckets, unit, title, of } = props;
  const ticks = ticksUpTo(Math.max(0, ...buckets.map((bucket) => bucket[of] ?? 0)));
  return (
    <Plot
      title={title}
      hint={`On average, per ${unit}`}
      rows={buckets}
      empty={buckets.every((bucket) => bucket[of] === null)}
      columns={[when, { label: title, text: (bucket) => formatSeconds(bucket[of]) }]}
    >
      <LineChart
        h={HEIGHT}
        data={buckets}
        dataKey="label"
        xAxisProps={scale}
        yAxisProps={{ width: 64, tickFormatter: formatTick, ticks, domain: [0, ticks.at(-1) ?? 1] }}
        lineProps={still}
        lineChartProps={mute}
        withDots={buckets.length <= DOTS_MAX}
        dotProps={{ r: 2.5 }}
        curveType="linear"
        connectNulls={false}
        valueFormatter={formatSeconds}
        series={[{ name: of, label: title, color: props.color }]}
      />
    </Plot>
  );
}
