// What each day cost. A chunk of its own: the charts are loaded after the figures are on the screen.
import "@mantine/charts/styles.css";
import { BarChart } from "@mantine/charts";
import { Plot } from "../dashboard/Plot";
import { formatDay } from "../dashboard/range";
import { type DayCost, formatMoney } from "./money";

const HEIGHT = 230;

export default function DayPlot(props: { days: DayCost[]; currency: string }) {
  const money = (amount: number) => formatMoney(amount, props.currency);
  const rows = props.days.map((day) => ({ ...day, label: formatDay(day.day) }));
  return (
    <Plot
      title="By day"
      hint="What models cost, in days of your organization"
      rows={rows}
      empty={rows.every((day) => day.calls === 0)}
      columns={[
        { label: "Day", text: (day) => day.label },
        { label: "Cost", text: (day) => money(day.cost) },
        { label: "Calls", text: (day) => day.calls.toLocaleString() },
      ]}
    >
      <BarChart
        h={HEIGHT}
        data={rows}
        dataKey="label"
        xAxisProps={{ tickMargin: 8, minTickGap: 24, interval: "equidistantPreserveStart" }}
        yAxisProps={{ width: 72, tickFormatter: money }}
        barProps={{ isAnimationActive: false }}
        barChartProps={{ accessibilityLayer: false }}
        maxBarWidth={28}
        valueFormatter={money}
        series={[{ name: "cost", label: "Cost", color: "var(--chart-conversations)" }]}
      />
    </Plot>
  );
}
