// What is known of one open conversation: its events in order, without a gap. An event past a gap waits in `ahead` until
// the missing ones were asked of the server. Pure.
import type { SessionEvent } from "../api/types";

export interface SessionLog {
  events: SessionEvent[];
  ahead: SessionEvent[];
  /** The newest page is here. */
  loaded: boolean;
  /** Nothing older exists. */
  atStart: boolean;
  /** The first event of the first page: what was loaded upwards lies before it. */
  anchor: number;
  /** After which event the server has to be asked for what is missing. */
  missing: number | null;
}

export type PageKind = "latest" | "older" | "newer";

export const emptyLog: SessionLog = {
  events: [],
  ahead: [],
  loaded: false,
  atStart: false,
  anchor: 0,
  missing: null,
};

export function newest(log: SessionLog): number {
  return log.events.at(-1)?.seq ?? 0;
}

export function oldest(log: SessionLog): number {
  return log.events[0]?.seq ?? 0;
}

/** One event from the socket. What is known already changes nothing. */
export function receive(log: SessionLog, event: SessionEvent): SessionLog {
  if (log.loaded && event.seq <= newest(log)) return log;
  if (log.loaded && event.seq === newest(log) + 1 && log.ahead.length === 0) {
    return { ...log, events: [...log.events, event] };
  }
  return settle({ ...log, ahead: merged(log.ahead, [event]) });
}

/** One page of the REST log. */
export function takePage(log: SessionLog, items: SessionEvent[], more: boolean, kind: PageKind): SessionLog {
  switch (kind) {
    case "latest":
      return takeLatest(log, items, more);
    case "older":
      return takeOlder(log, items, more);
    case "newer":
      return takeNewer(log, items, more);
  }
}

function takeLatest(log: SessionLog, items: SessionEvent[], more: boolean): SessionLog {
  const anchor = items[0]?.seq ?? 0;
  return settle({ ...log, events: merged([], items), loaded: true, atStart: !more, anchor, missing: null });
}

function takeOlder(log: SessionLog, items: SessionEvent[], more: boolean): SessionLog {
  const first = oldest(log);
  const older = items.filter((event) => event.seq < first);
  return { ...log, events: [...merged([], older), ...log.events], atStart: !more || older.length === 0 };
}

function takeNewer(log: SessionLog, items: SessionEvent[], more: boolean): SessionLog {
  const last = newest(log);
  const newer = items.filter((event) => event.seq > last);
  const grown = { ...log, events: [...log.events, ...merged([], newer)] };
  // The server has nothing between what is here and what came ahead: there is no gap, only events not for our eyes.
  if (newer.length === 0)
    return { ...grown, events: merged(grown.events, log.ahead), ahead: [], missing: null };
  const settled = settle(grown);
  return more && settled.missing === null ? { ...settled, missing: newest(settled) } : settled;
}

/** Moves over what follows without a gap, and says what is missing. */
function settle(log: SessionLog): SessionLog {
  if (!log.loaded) return log;
  const events = [...log.events];
  const ahead = log.ahead.filter((event) => event.seq > newest(log));
  let last = newest(log);
  while (ahead[0]?.seq === last + 1) {
    const next = ahead.shift();
    if (next) events.push(next);
    last += 1;
  }
  return { ...log, events, ahead, missing: ahead.length > 0 ? last : null };
}

function merged(left: SessionEvent[], right: SessionEvent[]): SessionEvent[] {
  const bySeq = new Map<number, SessionEvent>();
  for (const event of [...left, ...right]) bySeq.set(event.seq, event);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
