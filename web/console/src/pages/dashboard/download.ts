import type { Dashboard } from "../../api/types";
import { csvOf } from "./figures";

const columns = [
  "day",
  "conversations",
  "messages",
  "handovers",
  "resolved_by_assistant",
  "resolved_by_human",
  "first_response_ms",
  "wait_ms",
  "rating_count",
  "rating_sum",
] as const;

/** The days as they came, for a spreadsheet. */
export function download(dashboard: Dashboard) {
  const text = csvOf(
    [...columns],
    dashboard.days.map((day) => columns.map((column) => day[column])),
  );
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `dashboard-${dashboard.from}-${dashboard.to}.csv`;
  link.click();
  URL.revokeObjectURL(address);
}
