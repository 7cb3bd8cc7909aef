// The list of everything: pages that were asked for once, and over them what the socket has told since. Pure.
import type { Summary } from "../../api/types";
import { customerName } from "../../components/people";
import { activityOf, byActivity } from "../../live/state";

export interface Wanted {
  /** `open`, or one kind of owner. */
  owner: string;
  /** What is searched for. */
  q: string;
}

/** The newest first. `more`: older ones than those of the pages exist, and have their place on a later page. */
export function everything(
  listed: Summary[],
  live: Record<string, Summary>,
  wanted: Wanted,
  more: boolean,
): Summary[] {
  const oldest = more ? (listed.map(activityOf).sort()[0] ?? "") : "";
  const known = new Map(listed.map((summary) => [summary.id, summary]));
  for (const summary of Object.values(live)) {
    const before = known.get(summary.id);
    if (before ? summary.seq >= before.seq : activityOf(summary) >= oldest) known.set(summary.id, summary);
  }
  return [...known.values()].filter((summary) => fits(summary, wanted, listed)).sort(byActivity);
}

function fits(summary: Summary, { owner, q }: Wanted, listed: Summary[]): boolean {
  const owned = owner === "open" ? summary.owner !== "closed" : summary.owner === owner;
  if (!owned || q === "") return owned;
  // The server searches more than a summary shows: what it found stays found.
  return textOf(summary).includes(q.toLowerCase()) || listed.some((one) => one.id === summary.id);
}

export function textOf(summary: Summary): string {
  return [customerName(summary.customer), summary.id, summary.intent, summary.last?.text]
    .join(" ")
    .toLowerCase();
}
