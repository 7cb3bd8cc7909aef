// Figures as people read them.

export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
}

/** Steps of a time axis that people count in, in seconds. */
const STEPS_S = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400,
];
const TICKS_MAX = 5;

/** The marks of a time axis from zero to above its largest value. */
export function ticksUpTo(seconds: number): number[] {
  const step = STEPS_S.find((one) => seconds / one <= TICKS_MAX) ?? Math.ceil(seconds / TICKS_MAX);
  const count = Math.max(1, Math.ceil(seconds / step));
  return Array.from({ length: count + 1 }, (_, mark) => Number((mark * step).toFixed(1)));
}

/** Short, for an axis. */
export function formatTick(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 3600) return `${Number((seconds / 60).toFixed(1))} min`;
  return `${Number((seconds / 3600).toFixed(1))} h`;
}

export function formatMs(ms: number | null): string {
  return formatSeconds(ms === null ? null : ms / 1000);
}

export function formatShare(part: number, whole: number): string {
  return whole > 0 ? `${Math.round((part / whole) * 100)} %` : "–";
}

export function formatRating(rating: number | null): string {
  return rating === null ? "–" : rating.toFixed(2);
}

/** The change against an earlier figure in percent; null where there is nothing to compare with. */
export function changeOf(now: number | null, then: number | null | undefined): number | null {
  if (now === null || !then) return null;
  return Math.round(((now - then) / then) * 100);
}

/** A table as comma-separated values. A cell that a spreadsheet would take for a formula is defused. */
export function csvOf(head: string[], rows: (string | number | null)[][]): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}
