// How a frame, a page or a step of this person changes what is known. Pure: the store carries it.
import type { SessionEvent, Summary } from "../api/types";
import { isNewer, type ServerFrame, type Typist } from "./frames";
import { emptyLog, receive, takePage } from "./log";
import { appeared } from "./outbox";
import { type Action, type AnswerDraft, byActivity, isMine, type LiveState, type Scope } from "./state";

/** Somebody who said that they type and then said nothing more has stopped. */
export const TYPING_MS = 8_000;

/** How long an answer that is made no more stays for the message that it has become. */
export const DRAFT_ENDED_MS = 1_500;

/** How many sessions a list of everything may have told of, and how many of others' stay when there are more. */
export const SUMMARIES_MAX = 500;
const SUMMARIES_KEPT = 250;

export function reduce(state: LiveState, action: Action): LiveState {
  switch (action.type) {
    case "phase":
      return changePhase(state, action);
    case "frame":
      return takeFrame(state, action.frame, action.now);
    case "scope":
      return changeScope(state, action.scope);
    case "opened":
      return state.logs[action.session]
        ? state
        : { ...state, logs: { ...state.logs, [action.session]: emptyLog } };
    case "shut":
      return shut(state, action.session);
    case "page":
      return takeEvents(state, action);
    case "known":
      return action.summaries.reduce(takeSummary, state);
    case "outbox":
      return { ...state, outbox: action.outbox };
    case "passed":
      return passed(state, action.now);
  }
}

function changePhase(state: LiveState, action: Extract<Action, { type: "phase" }>): LiveState {
  const next = { ...state, phase: action.phase, why: action.why ?? null, retryAt: action.retryAt ?? null };
  // Typing, viewers and drafts are not repeated after a reconnect: what is not renewed is over.
  return action.phase === "open" ? next : { ...next, typing: {}, viewers: {}, drafts: {} };
}

function takeFrame(state: LiveState, frame: ServerFrame, now: number): LiveState {
  switch (frame.type) {
    case "welcome":
      // When resumed, what was missed is still to come: only its events may move the position.
      return { ...state, me: frame.agent, position: frame.resumed ? state.position : frame.position };
    case "resync":
      return { ...state, position: frame.position };
    case "desk":
      return takeDesk(state, frame);
    case "event":
      return takeEvent(state, frame);
    case "position":
      return isNewer(frame.position, state.position) ? { ...state, position: frame.position } : state;
    case "lists":
      return takeLists(state, frame);
    case "open":
      return { ...state, open: frame.open };
    case "offer":
      return takeSummary(takeOffer(state, frame.session.id, frame.until), frame.session);
    case "offer_ended":
      return { ...state, offers: state.offers.filter((offer) => offer.session !== frame.session) };
    case "typing":
      return takeTyping(state, frame.session, frame.who, frame.active, now);
    case "viewers":
      return { ...state, viewers: { ...state.viewers, [frame.session]: frame.viewers } };
    case "draft":
      return {
        ...state,
        drafts: { ...state.drafts, [frame.session]: continued(state.drafts[frame.session], frame) },
      };
    case "draft_ended":
      return { ...state, drafts: ended(state.drafts, frame, now) };
    case "ack":
      return frame.session ? takeSummary(state, frame.session) : state;
    case "error":
      return state;
    default:
      // A frame of a newer server.
      return state;
  }
}

function takeDesk(state: LiveState, desk: Extract<ServerFrame, { type: "desk" }>): LiveState {
  // The desk says how things are: only what is open on the screen is kept beside it.
  const kept = Object.values(state.summaries).filter((summary) => state.logs[summary.id]);
  const summaries: Record<string, Summary> = {};
  for (const summary of [...kept, ...desk.queue, ...desk.mine]) summaries[summary.id] = summary;
  const agents = Object.fromEntries(desk.agents.map((agent) => [agent.id, agent]));
  return {
    ...state,
    ready: true,
    open: desk.open,
    summaries,
    agents,
    offers: desk.offers,
    queueTotal: desk.queue_total,
  };
}

/** How things stand now: all at once, so that the page is drawn once for it. */
function takeLists(state: LiveState, frame: Extract<ServerFrame, { type: "lists" }>): LiveState {
  const told = Object.fromEntries(frame.agents.map((agent) => [agent.id, agent]));
  return frame.sessions.reduce(takeSummary, { ...state, agents: { ...state.agents, ...told } });
}

function takeSummary(state: LiveState, summary: Summary): LiveState {
  const before = state.summaries[summary.id];
  if (before && (before.epoch > summary.epoch || before.seq > summary.seq)) return state;
  const entered = Number(summary.owner === "queue") - Number(before?.owner === "queue");
  return {
    ...state,
    summaries: isOfUse(state, summary)
      ? bounded(state, { ...state.summaries, [summary.id]: summary })
      : without(state.summaries, summary.id),
    queueTotal: Math.max(0, state.queueTotal + (state.ready ? entered : 0)),
  };
}

function changeScope(state: LiveState, scope: Scope): LiveState {
  const next = { ...state, scope };
  const summaries = Object.fromEntries(
    Object.entries(state.summaries).filter(([, summary]) => isOfUse(next, summary)),
  );
  return { ...next, summaries };
}

/** What others work on is kept as long as somebody looks at it: else a day's conversations would pile up. */
function isOfUse(state: LiveState, summary: Summary): boolean {
  return (
    state.scope === "all" ||
    summary.owner === "queue" ||
    isMine(state, summary) ||
    summary.id in state.logs ||
    state.offers.some((offer) => offer.session === summary.id)
  );
}

/** A list of everything that stays open for days does not grow without an end: what was quiet longest goes first. */
function bounded(state: LiveState, summaries: Record<string, Summary>): Record<string, Summary> {
  const all = Object.values(summaries);
  if (state.scope === "mine" || all.length <= SUMMARIES_MAX) return summaries;
  const mine: LiveState = { ...state, scope: "mine" };
  const others = all.filter((summary) => !isOfUse(mine, summary)).sort(byActivity);
  const gone = new Set(others.slice(SUMMARIES_KEPT).map((summary) => summary.id));
  return Object.fromEntries(Object.entries(summaries).filter(([id]) => !gone.has(id)));
}

function takeOffer(state: LiveState, session: string, until: string): LiveState {
  const others = state.offers.filter((offer) => offer.session !== session);
  return { ...state, offers: [...others, { session, until }] };
}

function takeEvent(state: LiveState, event: SessionEvent): LiveState {
  const position = event.position;
  const moved = position !== undefined && isNewer(position, state.position) ? { ...state, position } : state;
  const log = moved.logs[event.session];
  const logged = log ? { ...moved, logs: { ...moved.logs, [event.session]: receive(log, event) } } : moved;
  return afterEvent(logged, event);
}

function takeEvents(state: LiveState, page: Extract<Action, { type: "page" }>): LiveState {
  const log = state.logs[page.session];
  if (!log) return state;
  const next = takePage(log, page.items, page.more, page.kind);
  const taken = { ...state, logs: { ...state.logs, [page.session]: next } };
  return { ...taken, outbox: page.items.reduce((outbox, event) => showsUp(outbox, event), taken.outbox) };
}

/** A message ends the outbox item, the draft and the typing that it came from; the end of a turn ends its draft. */
function afterEvent(state: LiveState, event: SessionEvent): LiveState {
  if (event.kind === "turn_ended" && state.drafts[event.session]?.turn === event.turn)
    return { ...state, drafts: without(state.drafts, event.session) };
  if (event.kind !== "message" && event.kind !== "note") return state;
  const next = { ...state, outbox: showsUp(state.outbox, event) };
  if (event.kind === "note") return next;
  const author = event.from;
  const typing = (state.typing[event.session] ?? []).filter(
    ({ who }) => who.kind !== author || (who.kind === "agent" && who.id !== event.agent?.id),
  );
  return {
    ...next,
    typing: state.typing[event.session] ? { ...next.typing, [event.session]: typing } : next.typing,
    drafts: author === "assistant" ? without(next.drafts, event.session) : next.drafts,
  };
}

function ended(
  drafts: LiveState["drafts"],
  frame: { session: string; turn: number },
  now: number,
): LiveState["drafts"] {
  const draft = drafts[frame.session];
  if (draft?.turn !== frame.turn) return drafts;
  return { ...drafts, [frame.session]: { ...draft, goneAt: now + DRAFT_ENDED_MS } };
}

function showsUp(outbox: LiveState["outbox"], event: SessionEvent): LiveState["outbox"] {
  if (event.kind !== "message" && event.kind !== "note") return outbox;
  return appeared(outbox, event.session, event.seq, event.client_id ?? null);
}

function takeTyping(state: LiveState, session: string, who: Typist, active: boolean, now: number): LiveState {
  const others = (state.typing[session] ?? []).filter(
    (one) => one.who.kind !== who.kind || one.who.id !== who.id,
  );
  const typing = active ? [...others, { who, until: now + TYPING_MS }] : others;
  return { ...state, typing: { ...state.typing, [session]: typing } };
}

/** Who has not said again that they type has stopped, and an answer that became no message was thrown away. */
function passed(state: LiveState, now: number): LiveState {
  const here = Object.entries(state.drafts).filter(([, { goneAt }]) => goneAt === null || goneAt > now);
  return { ...state, typing: stillTyping(state.typing, now), drafts: Object.fromEntries(here) };
}

function stillTyping(typing: LiveState["typing"], now: number): LiveState["typing"] {
  return Object.fromEntries(
    Object.entries(typing)
      .map(([session, list]) => [session, list.filter((one) => one.until > now)] as const)
      .filter(([, list]) => list.length > 0),
  );
}

/** Offsets count characters, not UTF-16 units. */
function continued(
  before: AnswerDraft | undefined,
  frame: { turn: number; text: string; offset: number },
): AnswerDraft {
  const draft = (text: string | null) => ({ turn: frame.turn, text, goneAt: null });
  if (frame.offset === 0) return draft(frame.text);
  const known = before?.turn === frame.turn && before.text !== null ? Array.from(before.text) : null;
  if (!known || known.length < frame.offset) return draft(null);
  return draft(known.slice(0, frame.offset).join("") + frame.text);
}

function shut(state: LiveState, session: string): LiveState {
  const closed = dropLog(state, session);
  const summary = closed.summaries[session];
  if (!summary || isOfUse(closed, summary)) return closed;
  return { ...closed, summaries: without(closed.summaries, session) };
}

function dropLog(state: LiveState, session: string): LiveState {
  return {
    ...state,
    logs: without(state.logs, session),
    viewers: without(state.viewers, session),
    drafts: without(state.drafts, session),
    typing: without(state.typing, session),
  };
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  if (!(key in record)) return record;
  const { [key]: _, ...rest } = record;
  return rest;
}
