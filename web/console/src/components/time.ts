// Times as people read them. Pure: the present is passed in.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "12 s", "4 min", "2 h 5 min", "3 d". */
export function duration(ms: number): string {
  const length = Math.abs(ms);
  if (length < MINUTE) return `${Math.round(length / SECOND)} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < DAY) {
    const minutes = Math.floor((length % HOUR) / MINUTE);
    return `${Math.floor(length / HOUR)} h${minutes ? ` ${minutes} min` : ""}`;
  }
  return `${Math.floor(length / DAY)} d`;
}

/** "now", "4m", "2h", "3d": for dense lists. */
export function ago(at: string, now: number): string {
  const length = Math.max(0, now - Date.parse(at));
  if (length < MINUTE) return "now";
  if (length < HOUR) return `${Math.floor(length / MINUTE)}m`;
  if (length < DAY) return `${Math.floor(length / HOUR)}h`;
  return `${Math.floor(length / DAY)}d`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const weekday = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});

export const timeOfDay = (at: string) => clock.format(new Date(at));
export const dateAndTime = (at: string) => full.format(new Date(at));

/** Whether a moment is still to come. */
export const isAhead = (at: string | null): at is string => at !== null && Date.parse(at) > Date.now();

export function dayName(at: string, now: number): string {
  const day = new Date(at).toDateString();
  if (day === new Date(now).toDateString()) return "Today";
  if (day === new Date(now - DAY).toDateString()) return "Yesterday";
  return weekday.format(new Date(at));
}

/** A target in words: its colour alone would tell nothing to some. */
export function targetText(
  state: "running" | "paused" | "warned" | "breached",
  dueAt: string,
  now: number,
): string {
  const left = duration(Date.parse(dueAt) - now);
  switch (state) {
    case "paused":
      return "paused";
    case "running":
      return `${left} left`;
    case "warned":
      return `due soon, ${left} left`;
    case "breached":
      return `overdue by ${left}`;
  }
}
