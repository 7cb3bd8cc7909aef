// Business hours while they are typed: what is wrong, said before the server has to.

import type { Hours, Interval, Weekday } from "../../api/types";

type Exception = Hours["exceptions"][number];

export const weekdays: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export const weekdayNames: Record<Weekday, string> = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

/** More in one day is a mistake rather than a business. */
export const intervalsPerDayMax = 8;

const dayEnd = 24 * 60;

/** Minutes since midnight; null for what is no time of day. `24:00` is the end of the day. */
export function minutesOf(time: string): number | null {
  const match = /^(\d{2}):(\d{2})$/.exec(time);
  if (!match) return null;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && minutes <= dayEnd ? minutes : null;
}

/** One entry per interval: what is wrong with it, or null. */
export function intervalProblems(intervals: Interval[]): (string | null)[] {
  return intervals.map((interval, index) => {
    const start = minutesOf(interval[0]);
    const end = minutesOf(interval[1]);
    if (start === null || start === dayEnd) return "Enter when it opens, such as 09:00.";
    if (end === null) return "Enter when it closes, such as 17:30.";
    if (end <= start)
      return "Closes before it opens. For hours past midnight, end at 24:00 and begin the next day at 00:00.";
    const other = intervals.find((candidate, at) => at !== index && overlaps(interval, candidate));
    return other ? `Overlaps ${other[0]} to ${other[1]}.` : null;
  });
}

/** One entry per exception: what is wrong with its date, or null. Its intervals are checked apart. */
export function exceptionProblems(exceptions: Exception[]): (string | null)[] {
  return exceptions.map((exception, index) => {
    if (!isDate(exception.date)) return "Choose a date.";
    const first = exceptions.findIndex((other) => other.date === exception.date);
    return first === index ? null : "This date is in the list already.";
  });
}

export function hoursAreValid(hours: Hours): boolean {
  const days = [
    ...weekdays.map((day) => hours.week[day]),
    ...hours.exceptions.map((exception) => exception.intervals),
  ];
  return (
    isZone(hours.zone) &&
    days.every((day) => intervalProblems(day).every((problem) => problem === null)) &&
    exceptionProblems(hours.exceptions).every((problem) => problem === null)
  );
}

/** What a click on "add" offers: an hour after the last interval ends, as far as the day has room. */
export function nextInterval(intervals: Interval[]): Interval | null {
  if (intervals.length >= intervalsPerDayMax) return null;
  const ends = intervals.map((interval) => minutesOf(interval[1]) ?? 0);
  if (ends.length === 0) return ["09:00", "17:00"];
  const start = Math.max(...ends) + 60;
  if (start >= dayEnd) return null;
  return [timeOf(start), timeOf(Math.min(start + 240, dayEnd))];
}

/** Hours open in a week, for a line that lets a typing mistake be seen. */
export function openMinutes(intervals: Interval[]): number {
  return intervals.reduce((sum, [start, end]) => {
    const length = (minutesOf(end) ?? 0) - (minutesOf(start) ?? 0);
    return sum + Math.max(0, length);
  }, 0);
}

export function sortIntervals(intervals: Interval[]): Interval[] {
  return [...intervals].sort((a, b) => (minutesOf(a[0]) ?? dayEnd) - (minutesOf(b[0]) ?? dayEnd));
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** A first suggestion for someone who was always open until now. */
export function officeHours(zone: string): Hours {
  const day = (): Interval[] => [["09:00", "17:00"]];
  return {
    zone,
    week: { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), sat: [], sun: [] },
    exceptions: [],
  };
}

/** What people type, as the server wants it: `9`, `930` and `9.30` are times too. */
export function tidyTime(text: string): string {
  const match = /^\s*(\d{1,2})(?:[:.h ]?(\d{2}))?\s*$/.exec(text);
  if (!match) return text.trim();
  return `${(match[1] ?? "").padStart(2, "0")}:${match[2] ?? "00"}`;
}

function overlaps(a: Interval, b: Interval): boolean {
  const [aStart, aEnd, bStart, bEnd] = [minutesOf(a[0]), minutesOf(a[1]), minutesOf(b[0]), minutesOf(b[1])];
  if (aStart === null || aEnd === null || bStart === null || bEnd === null) return false;
  return bStart < bEnd && aStart < bEnd && bStart < aEnd;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function timeOf(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
