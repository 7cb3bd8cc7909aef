// How far our messages came at the provider of the customer's channel. Pure, but for the one hook that asks.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import type { MailReached, Progress, SessionEvent, Summary } from "../api/types";

/** While a message is on its way, news of it is asked for this often. */
const ASK_EVERY_MS = 5_000;

export type ProgressBySeq = ReadonlyMap<number, Progress>;

const NONE: ProgressBySeq = new Map();

/** How far each of our messages came; empty on the web, where the log itself says it. */
export function useProgress(summary: Summary, events: SessionEvent[]): ProgressBySeq {
  const last = lastOwn(events);
  const asked = useQuery({
    queryKey: ["dispatches", summary.id, last],
    queryFn: () => api.get<{ items: Progress[] }>(`/sessions/${encodeURIComponent(summary.id)}/dispatches`),
    enabled: summary.channel !== "web" && last > 0,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (isUnderWay(query.state.data?.items, last) ? ASK_EVERY_MS : false),
    select: bySeq,
  });
  return asked.data ?? NONE;
}

/** The address to which replies go while the customer of a web page is away; asked for anew with each message, as its end is one too. */
export function useMailReached(summary: Summary): string | null {
  const asked = useQuery({
    queryKey: ["dispatches", summary.id, "email", summary.last?.seq ?? 0],
    queryFn: () =>
      api.get<{ email: MailReached | null }>(`/sessions/${encodeURIComponent(summary.id)}/dispatches`),
    enabled: summary.channel === "web",
    placeholderData: keepPreviousData,
  });
  return asked.data?.email?.address ?? null;
}

/** The newest answer. Automatic notices do not count: some channels do not carry all of them. */
export function lastOwn(events: SessionEvent[]): number {
  const isAnswer = (event: SessionEvent) =>
    event.kind === "message" && (event.from === "assistant" || event.from === "agent");
  return events.findLast(isAnswer)?.seq ?? 0;
}

/** Whether the newest messages may still come further: what is delivered may be read, but nobody waits for that. */
export function isUnderWay(items: Progress[] | undefined, last: number): boolean {
  if (!items) return true;
  const newest = items[0];
  if (!newest || newest.seq < last) return true;
  return items.slice(0, 10).some((item) => mayComeFurther(item));
}

/** Of a mail, and of what a system of the shop's own took, nothing more is ever told. */
function mayComeFurther({ state, channel }: Progress): boolean {
  if (state === "sent") return channel !== "email" && channel !== "webhook";
  return state === "waiting" || state === "accepted";
}

export function bySeq(answer: { items: Progress[] }): ProgressBySeq {
  return new Map(answer.items.map((item) => [item.seq, item]));
}

const words: Record<string, string> = {
  accepted: "Accepted",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  played: "Played",
};

/** What stands below a message. */
export function told(progress: Progress): { text: string; tone: "quiet" | "good" | "bad" } {
  const { state, why } = progress;
  const part = progress.parts > 1 ? ` (${progress.parts_gone} of ${progress.parts} parts)` : "";
  if (state === "failed") return { text: why ? `Not delivered: ${why}` : "Not delivered", tone: "bad" };
  if (state === "waiting")
    return { text: why ? `Waiting${part}: ${why}` : `Waiting to be sent${part}`, tone: "quiet" };
  // It came, and still there is something to know: a file did not go.
  if (why) return { text: `${words[state] ?? state}, but ${why}`, tone: "bad" };
  const good = state === "delivered" || state === "read" || state === "played";
  return { text: words[state] ?? state, tone: good ? "good" : "quiet" };
}
