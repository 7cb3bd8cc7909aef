// Messages and notes that were written here and are not yet known to be durable. They outlive the connection and a
// reload: each has a client id, so sending one again is harmless. Pure, apart from the two functions that keep it.
import type { Attachment } from "../api/types";
import type { CommandError } from "./frames";

export interface OutboxItem {
  client_id: string;
  kind: "send" | "note";
  session: string;
  text: string;
  /** Files that go with it; they are on the server already. */
  attachments?: Attachment[];
  at: string;
  /** The seq that the server gave it: it is durable, and only waits to appear in the log. */
  seq: number | null;
  /** Why the server refused it for good. The person decides. */
  refused: string | null;
}

/** Refusals that may pass by themselves. */
const PASSING = new Set(["busy", "too_many", "unavailable", "lost"]);

export function isPassing(error: Pick<CommandError, "code">): boolean {
  return PASSING.has(error.code);
}

export function add(outbox: OutboxItem[], item: Omit<OutboxItem, "seq" | "refused">): OutboxItem[] {
  return [...outbox, { ...item, seq: null, refused: null }];
}

export function acked(outbox: OutboxItem[], clientId: string, seq: number): OutboxItem[] {
  return outbox.map((item) => (item.client_id === clientId ? { ...item, seq, refused: null } : item));
}

export function refuse(outbox: OutboxItem[], clientId: string, why: string): OutboxItem[] {
  return outbox.map((item) => (item.client_id === clientId ? { ...item, refused: why } : item));
}

export function again(outbox: OutboxItem[], clientId: string): OutboxItem[] {
  return outbox.map((item) => (item.client_id === clientId ? { ...item, refused: null } : item));
}

export function drop(outbox: OutboxItem[], clientId: string): OutboxItem[] {
  return outbox.filter((item) => item.client_id !== clientId);
}

/** What has appeared in the log needs no place here. */
export function appeared(
  outbox: OutboxItem[],
  session: string,
  seq: number,
  clientId: string | null,
): OutboxItem[] {
  const stays = (item: OutboxItem) =>
    item.session !== session || (item.client_id !== clientId && (item.seq === null || item.seq !== seq));
  return outbox.every(stays) ? outbox : outbox.filter(stays);
}

/** What is to be sent now, oldest first: behind a refused one of the same session nothing waits. */
export function unsent(outbox: OutboxItem[]): OutboxItem[] {
  return outbox.filter((item) => item.seq === null && item.refused === null);
}

const key = (user: string) => `switchboard.console.outbox.${user}`;

export function keep(storage: Storage | null, user: string, outbox: OutboxItem[]) {
  const open = outbox.filter((item) => item.seq === null);
  try {
    if (open.length === 0) storage?.removeItem(key(user));
    else storage?.setItem(key(user), JSON.stringify(open));
  } catch {
    // A full or blocked storage: what was written stays in memory.
  }
}

export function recall(storage: Storage | null, user: string): OutboxItem[] {
  try {
    return JSON.parse(storage?.getItem(key(user)) ?? "[]") as OutboxItem[];
  } catch {
    return [];
  }
}
