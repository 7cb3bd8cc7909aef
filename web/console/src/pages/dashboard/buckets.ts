// Days put together for plots: a year as 366 bars is a hedge, not a plot.
import type { DashboardDay } from "../../api/types";
import { formatDay } from "./range";

export interface Bucket {
  label: string;
  days: number;
  conversations: number;
  messages: number;
  handovers: number;
  byAssistant: number;
  byHuman: number;
  /** Null where there was nothing to average. */
  firstResponseS: number | null;
  waitS: number | null;
}

/** The most points that a plot shows one by one. */
const daysMax = 62;
const weeksMax = 26 * 7;

export function bucketsOf(days: DashboardDay[]): Bucket[] {
  if (days.length <= daysMax) return days.map((day) => sum(formatDay(day.day), [day]));
  const key = days.length <= weeksMax ? weekOf : (day: string) => day.slice(0, 7);
  const groups = new Map<string, DashboardDay[]>();
  for (const day of days) groups.set(key(day.day), [...(groups.get(key(day.day)) ?? []), day]);
  return [...groups].map(([name, group]) => sum(labelOf(name, group), group));
}

export function unitOf(days: number): "day" | "week" | "month" {
  if (days <= daysMax) return "day";
  return days <= weeksMax ? "week" : "month";
}

function sum(label: string, days: DashboardDay[]): Bucket {
  const total = (pick: (day: DashboardDay) => number) => days.reduce((result, day) => result + pick(day), 0);
  return {
    label,
    days: days.length,
    conversations: total((day) => day.conversations),
    messages: total((day) => day.messages),
    handovers: total((day) => day.handovers),
    byAssistant: total((day) => day.resolved_by_assistant),
    byHuman: total((day) => day.resolved_by_human),
    firstResponseS: average(
      days,
      (day) => day.first_response_ms,
      (day) => day.conversations,
    ),
    waitS: average(
      days,
      (day) => day.wait_ms,
      (day) => day.handovers,
    ),
  };
}

/** In seconds; a day counts as much as it had to average. */
function average(
  days: DashboardDay[],
  pick: (day: DashboardDay) => number | null,
  weight: (day: DashboardDay) => number,
): number | null {
  let [sum, weights] = [0, 0];
  for (const day of days) {
    const value = pick(day);
    if (value === null) continue;
    const share = Math.max(1, weight(day));
    sum += value * share;
    weights += share;
  }
  return weights > 0 ? Number((sum / weights / 1000).toFixed(2)) : null;
}

/** The Monday of the week. */
function weekOf(day: string): string {
  const date = new Date(day);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

function labelOf(name: string, group: DashboardDay[]): string {
  if (name.length === 7) {
    const options: Intl.DateTimeFormatOptions = { timeZone: "UTC", month: "short", year: "numeric" };
    return new Intl.DateTimeFormat("en-GB", options).format(new Date(`${name}-01`));
  }
  return `from ${formatDay(group[0]?.day ?? name)}`;
}
