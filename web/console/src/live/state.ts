// Everything that the socket has told, as one value.
import type { Agent, AgentStatus, Named, Role, SessionEvent, Summary, Viewer } from "../api/types";
import type { Offer, ServerFrame, Typist } from "./frames";
import type { PageKind, SessionLog } from "./log";
import type { OutboxItem } from "./outbox";

export type Phase = "connecting" | "open" | "waiting" | "expired" | "refused" | "stopped";

/** An assistant's answer while it is made. `text` is null when a part was missed: then only the dots are shown. */
export interface AnswerDraft {
  turn: number;
  text: string | null;
  /** It is made no more. What it has become is about to come and takes its place; without it, this is when it goes. */
  goneAt: number | null;
}

export interface TypingNow {
  who: Typist;
  until: number;
}

export type Scope = "mine" | "all";

export interface LiveState {
  phase: Phase;
  /** Why the connection is not open, for the banner. */
  why: string | null;
  retryAt: number | null;
  me: (Named & { role: Role }) | null;
  position: string | null;
  /** The list view was received at least once. */
  ready: boolean;
  open: boolean;
  /** Whose sessions are told of: `all` while a list of everything is on the screen. */
  scope: Scope;
  summaries: Record<string, Summary>;
  queueTotal: number;
  offers: Offer[];
  agents: Record<string, Agent>;
  logs: Record<string, SessionLog>;
  typing: Record<string, TypingNow[]>;
  viewers: Record<string, Viewer[]>;
  drafts: Record<string, AnswerDraft>;
  outbox: OutboxItem[];
}

export type Action =
  | { type: "phase"; phase: Phase; why?: string | null; retryAt?: number | null }
  | { type: "frame"; frame: ServerFrame; now: number }
  | { type: "scope"; scope: Scope }
  | { type: "opened"; session: string }
  | { type: "shut"; session: string }
  | { type: "page"; session: string; items: SessionEvent[]; more: boolean; kind: PageKind }
  | { type: "known"; summaries: Summary[] }
  | { type: "outbox"; outbox: OutboxItem[] }
  | { type: "passed"; now: number };

export const initialState: LiveState = {
  phase: "stopped",
  why: null,
  retryAt: null,
  me: null,
  position: null,
  ready: false,
  open: true,
  scope: "mine",
  summaries: {},
  queueTotal: 0,
  offers: [],
  agents: {},
  logs: {},
  typing: {},
  viewers: {},
  drafts: {},
  outbox: [],
};

const PRIORITY = { urgent: 0, high: 1, normal: 2, low: 3 } as const;

/** The queue in the order in which it is served. */
export function queueOf(state: Pick<LiveState, "summaries">): Summary[] {
  return Object.values(state.summaries)
    .filter((summary) => summary.owner === "queue")
    .sort(byService);
}

function byService(a: Summary, b: Summary): number {
  const rank = PRIORITY[a.priority] - PRIORITY[b.priority];
  return rank || (a.queued_at ?? "").localeCompare(b.queued_at ?? "") || a.id.localeCompare(b.id);
}

/** What this person has: who waits for an answer first, then the newest. */
export function mineOf(state: Pick<LiveState, "summaries" | "me">): Summary[] {
  return Object.values(state.summaries)
    .filter((summary) => isMine(state, summary))
    .sort(byWaiting);
}

export function isMine(state: Pick<LiveState, "me">, summary: Summary): boolean {
  return summary.owner === "human" && summary.agent !== null && summary.agent.id === state.me?.id;
}

/** The newest first. */
export function byActivity(a: Summary, b: Summary): number {
  return activityOf(b).localeCompare(activityOf(a));
}

export const activityOf = (summary: Summary): string => summary.last?.at ?? summary.started_at;

function byWaiting(a: Summary, b: Summary): number {
  if (a.waiting_since && b.waiting_since) return a.waiting_since.localeCompare(b.waiting_since);
  if (a.waiting_since || b.waiting_since) return a.waiting_since ? -1 : 1;
  return byActivity(a, b);
}

export function statusOf(state: LiveState): AgentStatus {
  return (state.me && state.agents[state.me.id]?.status) || "available";
}

/** Messages that this person has not read, and offers that wait for an answer: the number in the title. */
export function attentionOf(state: LiveState): number {
  return mineOf(state).reduce((sum, summary) => sum + summary.unread, 0) + state.offers.length;
}
