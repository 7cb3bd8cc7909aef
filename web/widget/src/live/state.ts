// What the customer sees, and how each thing that happens changes it. Pure: no socket, no storage, no page.

import { type FileInfo, filesOf, saidWith } from "./files";
import type { MessageFrame, OwnerStatus, Position, ServerFrame } from "./frames";
import { type Source, sourcesOf } from "./sources";

/** The most entries that are kept; the oldest go first. */
const ENTRIES_MAX = 200;

export type Link = "idle" | "connecting" | "online" | "offline" | "refused";

export type Said = {
  kind: "said";
  key: string;
  from: "customer" | "ai" | "agent" | "notice";
  text: string;
  at: number;
  /** Its place in the log; null while it is on its way. */
  seq: number | null;
  clientId?: string;
  agentName?: string;
  refused?: boolean;
  sources?: Source[];
  files?: FileInfo[];
};

/** Who has the conversation from here on. */
export type Owned = {
  kind: "owned";
  key: string;
  at: number;
  seq: number;
  status: OwnerStatus;
  agentName: string | null;
};

export type Entry = Said | Owned;

export type Draft = { turn: number; text: string; ended: boolean };

export type State = {
  link: Link;
  session: string | null;
  secret: string | null;
  position: Position | null;
  entries: Entry[];
  owner: { status: OwnerStatus; agentName: string | null };
  queue: { position: number; waitSeconds: number | null; open: boolean } | null;
  typing: boolean;
  draft: Draft | null;
  /** The staff has read up to here. */
  readUpto: number;
  /** The customer has seen up to here. */
  seen: number;
  rating: { asked: boolean; score: number | null };
  /** The request for a person that has no effect yet. */
  handover: string | null;
};

export type Action =
  | { type: "frame"; frame: ServerFrame; now: number }
  | { type: "link"; link: Link }
  | { type: "posted"; id: string; text: string; at: number; files?: FileInfo[] | undefined }
  | { type: "refused"; id: string }
  | { type: "withdrawn"; id: string }
  | { type: "seen"; seq: number }
  | { type: "scored"; score: number }
  | { type: "handover_asked"; id: string }
  | { type: "typing_expired" }
  | { type: "draft_expired" }
  | { type: "restored"; kept: Kept };

/** The part that outlives the page. */
export type Kept = Pick<
  State,
  "session" | "secret" | "position" | "entries" | "owner" | "readUpto" | "seen" | "rating"
>;

export const EMPTY: State = {
  link: "idle",
  session: null,
  secret: null,
  position: null,
  entries: [],
  owner: { status: "ai", agentName: null },
  queue: null,
  typing: false,
  draft: null,
  readUpto: 0,
  seen: 0,
  rating: { asked: false, score: null },
  handover: null,
};

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "frame":
      return onFrame(state, action.frame, action.now);
    case "link":
      // What passes is not repeated after a break.
      return action.link === "online"
        ? { ...state, link: "online" }
        : { ...state, link: action.link, typing: false, draft: null };
    case "posted":
      return posted(state, action.id, action.text, action.at, action.files);
    case "refused":
      return {
        ...state,
        handover: state.handover === action.id ? null : state.handover,
        entries: state.entries.map((entry) =>
          entry.kind === "said" && entry.clientId === action.id && entry.seq === null
            ? { ...entry, refused: true }
            : entry,
        ),
      };
    case "withdrawn":
      return {
        ...state,
        entries: state.entries.filter(
          (entry) => entry.kind !== "said" || entry.clientId !== action.id || entry.seq !== null,
        ),
      };
    case "seen":
      return action.seq > state.seen ? { ...state, seen: action.seq } : state;
    case "scored":
      return { ...state, rating: { asked: state.rating.asked, score: action.score } };
    case "handover_asked":
      return { ...state, handover: action.id };
    case "typing_expired":
      return { ...state, typing: false };
    case "draft_expired":
      return state.draft?.ended ? { ...state, draft: null } : state;
    case "restored":
      return { ...state, ...action.kept, handover: null };
  }
}

export function kept(state: State): Kept {
  const { session, secret, position, owner, readUpto, seen, rating } = state;
  // What is on its way is kept in the outbox.
  const entries = state.entries.filter((entry) => entry.seq !== null);
  return { session, secret, position, entries, owner, readUpto, seen, rating };
}

/** What others said and the customer has not seen. */
export function unread(state: State): Said[] {
  return state.entries.filter(
    (entry): entry is Said =>
      entry.kind === "said" && entry.from !== "customer" && entry.seq !== null && entry.seq > state.seen,
  );
}

/** The newest place in the log that is shown. */
export function newest(state: State): number {
  return state.entries.reduce((seq, entry) => Math.max(seq, entry.seq ?? 0), 0);
}

function onFrame(state: State, frame: ServerFrame, now: number): State {
  switch (frame.type) {
    case "connection_established":
      return entered(state, frame);
    case "resync":
      return startAgain(state, frame.position.epoch);
    case "message":
      return message(state, frame, now);
    case "handover_initiated": {
      const { message: text, messageId, timestamp, seq, epoch } = frame;
      return said(state, { text, from: "notice", at: time(timestamp, now), id: messageId }, seq, epoch);
    }
    case "typing_start":
      return { ...state, typing: true };
    case "typing_stop":
      return { ...state, typing: false };
    case "ack":
      return acknowledged(state, frame);
    case "error":
      return state;
    case "owner":
      return owned(state, frame, now);
    case "queue_position": {
      const { position, estimatedWaitSeconds, open } = frame;
      return {
        ...state,
        queue: { position, waitSeconds: estimatedWaitSeconds ?? null, open: open !== false },
      };
    }
    case "draft":
      return { ...state, draft: drafted(state.draft, frame.turn, frame.text, frame.offset) };
    case "draft_end":
      return state.draft?.turn === frame.turn ? { ...state, draft: { ...state.draft, ended: true } } : state;
    case "read":
      return frame.upto > state.readUpto ? { ...state, readUpto: frame.upto } : state;
    case "rating_requested":
      // A conversation that was opened again may be asked about again.
      return { ...advance(state, frame.seq, frame.epoch), rating: { asked: true, score: null } };
    case "rated":
      return { ...advance(state, frame.seq, frame.epoch), rating: { asked: true, score: frame.score } };
  }
}

function entered(state: State, frame: Extract<ServerFrame, { type: "connection_established" }>): State {
  const owner = frame.owner ? { status: frame.owner, agentName: frame.agentName ?? null } : state.owner;
  const handover = owner.status === state.owner.status ? state.handover : null;
  return { ...state, session: frame.sessionId, secret: frame.resumeSecret ?? state.secret, owner, handover };
}

/** The log is another one than before: what is known of it comes again from its start. */
function startAgain(state: State, epoch: number): State {
  const waiting = state.entries.filter((entry) => entry.seq === null);
  return { ...state, entries: waiting, position: { epoch, seq: 0 }, readUpto: 0, draft: null };
}

function message(state: State, frame: MessageFrame, now: number): State {
  const from = frame.notice ? "notice" : frame.sender;
  const at = time(frame.timestamp, now);
  const { text, messageId: id, id: clientId, agentName, seq, epoch } = frame;
  const sources = from === "ai" ? sourcesOf(frame.sources) : [];
  const files = filesOf(frame.attachments);
  const words: Words = { text: saidWith(text, files), from, at, id, clientId, agentName, sources, files };
  const next = said(state, words, seq, epoch);
  return from === "customer" ? next : { ...next, typing: false, draft: null };
}

type Words = {
  text: string;
  from: Said["from"];
  at: number;
  id?: string | undefined;
  clientId?: string | undefined;
  agentName?: string | null | undefined;
  sources?: Source[];
  files?: FileInfo[];
};

function said(state: State, words: Words, seq: number | undefined, epoch: number | undefined): State {
  const known = state.entries.some(
    (entry) => entry.kind === "said" && entry.seq !== null && (entry.seq === seq || entry.key === words.id),
  );
  const moved = advance(state, seq, epoch);
  if (known) return moved;
  const mine = (entry: Entry) =>
    entry.kind === "said" && words.clientId !== undefined && entry.clientId === words.clientId;
  const entry: Said = {
    kind: "said",
    key: words.id ?? `s${seq}`,
    from: words.from,
    text: words.text,
    at: words.at,
    seq: seq ?? newest(state),
    ...(words.clientId ? { clientId: words.clientId } : {}),
    ...(words.agentName ? { agentName: words.agentName } : {}),
    ...(words.sources?.length ? { sources: words.sources } : {}),
    ...(words.files?.length ? { files: words.files } : {}),
  };
  return { ...moved, entries: ordered([...state.entries.filter((other) => !mine(other)), entry]) };
}

function posted(state: State, id: string, text: string, at: number, files?: FileInfo[]): State {
  if (state.entries.some((entry) => entry.kind === "said" && entry.clientId === id)) return state;
  const entry: Said = { kind: "said", key: id, from: "customer", text, at, seq: null, clientId: id };
  if (files?.length) entry.files = files;
  return { ...state, entries: [...state.entries, entry] };
}

function acknowledged(state: State, ack: Extract<ServerFrame, { type: "ack" }>): State {
  const { id, seq, epoch } = ack;
  if (id === undefined || seq === undefined) return state;
  const entries = state.entries.map((entry) =>
    entry.kind === "said" && entry.clientId === id && entry.seq === null
      ? { ...entry, seq, refused: false }
      : entry,
  );
  return { ...advance(state, seq, epoch), entries: ordered(entries) };
}

function owned(state: State, frame: Extract<ServerFrame, { type: "owner" }>, now: number): State {
  const owner = { status: frame.status, agentName: frame.agentName ?? null };
  const seq = frame.seq ?? newest(state);
  const entry: Owned = { kind: "owned", key: `o${seq}`, at: time(frame.timestamp, now), seq, ...owner };
  const others = state.entries.filter((other) => other.key !== entry.key);
  return {
    ...advance(state, frame.seq, frame.epoch),
    owner,
    handover: owner.status === state.owner.status ? state.handover : null,
    queue: owner.status === "waiting" ? state.queue : null,
    draft: owner.status === "ai" ? state.draft : null,
    entries: collapsed(ordered([...others, entry])),
  };
}

/** The same owner twice in a row is told once. */
function collapsed(entries: Entry[]): Entry[] {
  let last: Owned | null = null;
  return entries.filter((entry) => {
    if (entry.kind !== "owned") return true;
    const same = last !== null && last.status === entry.status && last.agentName === entry.agentName;
    last = entry;
    return !same;
  });
}

/** A draft continues at an offset in characters; one that continues what never came is left alone until it begins anew. */
function drafted(draft: Draft | null, turn: number, text: string, offset: number): Draft | null {
  if (offset === 0) return { turn, text, ended: false };
  if (!draft || draft.turn !== turn) return draft;
  const characters = [...draft.text];
  if (characters.length < offset) return draft;
  return { turn, text: characters.slice(0, offset).join("") + text, ended: false };
}

function advance(state: State, seq: number | undefined, epoch: number | undefined): State {
  if (seq === undefined || epoch === undefined) return state;
  const { position } = state;
  if (position && position.epoch === epoch && position.seq >= seq) return state;
  return { ...state, position: { epoch, seq } };
}

/** By place; what is on its way comes last, as it was written. */
function ordered(entries: Entry[]): Entry[] {
  const place = (entry: Entry) => entry.seq ?? Number.POSITIVE_INFINITY;
  const byPlace = (a: Entry, b: Entry) => (place(a) === place(b) ? 0 : place(a) - place(b));
  return entries.slice().sort(byPlace).slice(-ENTRIES_MAX);
}

function time(timestamp: string | undefined, now: number): number {
  const at = Date.parse(timestamp ?? "");
  return Number.isNaN(at) ? now : at;
}
