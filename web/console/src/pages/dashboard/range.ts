// Days as `YYYY-MM-DD` text: the organization's days, so no time of this browser's zone may touch them.

export interface Range {
  from: string;
  to: string;
}

export const presets = [
  { value: "today", label: "Today" },
  { value: "yesterday", label: "Yesterday" },
  { value: "7d", label: "Last 7 days" },
  { value: "30d", label: "Last 30 days" },
  { value: "90d", label: "Last 90 days" },
  { value: "month", label: "This month" },
  { value: "last-month", label: "Last month" },
] as const;
export type Preset = (typeof presets)[number]["value"];

/** The longest range that is asked for: one year and a day. */
export const rangeDaysMax = 366;

const dayMs = 86_400_000;

export function today(zone: string, now: Date): string {
  // The Swedish form of a date is the ISO one.
  const format = (timeZone: string) => new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" });
  try {
    return format(zone).format(now);
  } catch {
    // A zone that the server knows and this browser does not.
    return format("UTC").format(now);
  }
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);
}

/** Days in the range, both ends counted. */
export function lengthOf(range: Range): number {
  return Math.round((Date.parse(range.to) - Date.parse(range.from)) / dayMs) + 1;
}

export function rangeOf(preset: Preset, day: string): Range {
  const monthStart = `${day.slice(0, 7)}-01`;
  switch (preset) {
    case "today":
      return { from: day, to: day };
    case "yesterday":
      return { from: addDays(day, -1), to: addDays(day, -1) };
    case "7d":
      return { from: addDays(day, -6), to: day };
    case "30d":
      return { from: addDays(day, -29), to: day };
    case "90d":
      return { from: addDays(day, -89), to: day };
    case "month":
      return { from: monthStart, to: day };
    case "last-month": {
      const end = addDays(monthStart, -1);
      return { from: `${end.slice(0, 7)}-01`, to: end };
    }
  }
}

/** The same number of days just before, to compare with. */
export function before(range: Range): Range {
  const to = addDays(range.from, -1);
  return { from: addDays(to, 1 - lengthOf(range)), to };
}

export function rangeProblem(range: Range): string | null {
  if (!isDay(range.from) || !isDay(range.to)) return "Choose both days.";
  if (range.to < range.from) return "The last day is before the first.";
  if (lengthOf(range) > rangeDaysMax) return `Choose at most ${rangeDaysMax} days.`;
  return null;
}

export function isPreset(text: string | null): text is Preset {
  return presets.some((preset) => preset.value === text);
}

/** `1 Nov` or, with `year`, `1 Nov 2026`. */
export function formatDay(day: string, year = false): string {
  const options: Intl.DateTimeFormatOptions = { timeZone: "UTC", day: "numeric", month: "short" };
  return new Intl.DateTimeFormat("en-GB", year ? { ...options, year: "numeric" } : options).format(
    new Date(day),
  );
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}
