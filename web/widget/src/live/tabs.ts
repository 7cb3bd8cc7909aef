// Several tabs of one page share a session. Each has its own socket; this says which tabs live, and lets one at a time begin
// a session or take over what a tab that is gone has left unsent. Web Locks where the page may use them, else leases in storage.

import type { Keep } from "./storage";

const LEASE_MS = 10_000;
const RENEW_MS = 2_000;
/** How long a tab waits for another one that begins a session. */
const TURN_WAIT_MS = 250;
const TURN_TRIES = 40;

export type Tabs = {
  id: string;
  /** The tabs that live, besides this one. */
  others(): Promise<Set<string>>;
  /** Runs alone among the tabs. */
  alone<T>(what: string, task: () => Promise<T>): Promise<T>;
  stop(): void;
};

export function joinTabs(prefix: string, keep: Keep, id: string): Tabs {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  return locks ? byLocks(prefix, locks, id) : byLeases(prefix, keep, id);
}

function byLocks(prefix: string, locks: LockManager, id: string): Tabs {
  const name = `${prefix}tab:`;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  void locks.request(name + id, () => held).catch(() => {});
  return {
    id,
    others: async () => {
      const { held: all = [] } = await locks.query();
      const ids = all.map((lock) => lock.name ?? "").filter((lock) => lock.startsWith(name));
      return new Set(ids.map((lock) => lock.slice(name.length)).filter((other) => other !== id));
    },
    alone: (what, task) => locks.request(prefix + what, task),
    stop: () => release(),
  };
}

export function byLeases(prefix: string, keep: Keep, id: string, now: () => number = Date.now): Tabs {
  const name = `${prefix}tab:`;
  const renew = () => keep.set(name + id, String(now()));
  renew();
  const timer = setInterval(renew, RENEW_MS);
  const stop = () => {
    clearInterval(timer);
    keep.remove(name + id);
  };
  if (typeof addEventListener === "function") addEventListener("pagehide", stop);
  const fresh = (key: string) => now() - Number((keep.get(key) ?? "0").split(" ")[0]) < LEASE_MS;
  return {
    id,
    others: async () => {
      const keys = keep.keys(name).filter((key) => key !== name + id);
      for (const key of keys) if (!fresh(key)) keep.remove(key);
      return new Set(keys.filter(fresh).map((key) => key.slice(name.length)));
    },
    alone: async (what, task) => {
      const key = `${prefix}turn:${what}`;
      for (let tries = 0; tries < TURN_TRIES && fresh(key); tries += 1) await pause(TURN_WAIT_MS);
      keep.set(key, `${now()} ${id}`);
      try {
        return await task();
      } finally {
        if (keep.get(key)?.endsWith(id)) keep.remove(key);
      }
    },
    stop,
  };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
