// What the customer did and the server has not confirmed: kept until it has, sent in order, by one tab at a time. Each has an id of
// ours, under which the server takes it once, however often it comes.

import type { FileInfo } from "./files";
import { type Keep, readJson } from "./storage";
import type { Tabs } from "./tabs";

/** What may wait: somebody who is offline for long is told, not cut off silently. */
export const WAITING_MAX = 50;

export type Item = {
  id: string;
  /** Its place among the others. */
  order: number;
  /** The tab that sends it. */
  tab: string;
  at: number;
} & (
  | { kind: "text"; text: string; files?: FileInfo[] }
  | { kind: "rate"; score: number; comment: string }
  | { kind: "handover" }
);

export type Task = Item extends infer One ? (One extends Item ? Omit<One, "order" | "tab"> : never) : never;

export class Outbox {
  constructor(
    private readonly keep: Keep,
    private readonly prefix: string,
    private readonly tabs: Tabs,
  ) {}

  /** False when too much waits already. */
  add(task: Task): boolean {
    const all = this.all();
    if (all.length >= WAITING_MAX) return false;
    const order = Math.max(task.at, (all[all.length - 1]?.order ?? 0) + 1);
    this.put({ ...task, order, tab: this.tabs.id } as Item);
    return true;
  }

  remove(id: string): void {
    this.keep.remove(this.prefix + id);
  }

  has(id: string): boolean {
    return this.keep.get(this.prefix + id) !== null;
  }

  /** What any tab has on its way, in order. */
  all(): Item[] {
    const items = this.keep.keys(this.prefix).map((key) => readJson<Item>(this.keep, key));
    return items.filter((item): item is Item => item !== null).sort((a, b) => a.order - b.order);
  }

  /** What this tab is to send next. */
  next(): Item | null {
    return this.all().find((item) => item.tab === this.tabs.id) ?? null;
  }

  /** Takes over what tabs that are gone have left. Tells whether others still hold something. */
  async adopt(): Promise<boolean> {
    if (!this.all().some((item) => item.tab !== this.tabs.id)) return false;
    return this.tabs.alone("adopt", async () => {
      const alive = await this.tabs.others();
      const foreign = this.all().filter((item) => item.tab !== this.tabs.id);
      for (const item of foreign) if (!alive.has(item.tab)) this.put({ ...item, tab: this.tabs.id });
      return foreign.some((item) => alive.has(item.tab));
    });
  }

  private put(item: Item): void {
    this.keep.set(this.prefix + item.id, JSON.stringify(item));
  }
}
