import { describe, expect, it } from "vitest";
import type { SessionEvent, Summary } from "../api/types";
import { backoffMs } from "./connection";
import { isNewer, type ServerFrame } from "./frames";
import { acked, add, isPassing, keep, recall, refuse, unsent } from "./outbox";
import { DRAFT_ENDED_MS, reduce, SUMMARIES_MAX, TYPING_MS } from "./reducer";
import { attentionOf, initialState, type LiveState, mineOf, queueOf } from "./state";

const JANE = { id: "jane", name: "Jane Smith", role: "agent" as const };

function summary(id: string, fields: Partial<Summary> = {}): Summary {
  return {
    id,
    customer: { id: "u1", name: "Alice" },
    channel: "web",
    language: "en",
    owner: "queue",
    agent: null,
    epoch: 1,
    seq: 1,
    priority: "normal",
    skills: [],
    team: null,
    intent: null,
    started_at: "2026-01-01T00:00:00.000Z",
    queued_at: "2026-01-01T00:00:00.000Z",
    place: null,
    offered_to: null,
    held: false,
    waiting_since: null,
    last: null,
    read_upto: 0,
    customer_read_upto: 0,
    unread: 0,
    targets: [],
    rating: null,
    ...fields,
  };
}

const welcome = (resumed: boolean, position = "100"): ServerFrame => ({
  type: "welcome",
  connection: "1",
  agent: JANE,
  organization: "default",
  position,
  resumed,
  time: "2026-01-01T00:00:00.000Z",
});

const desk = (queue: Summary[], mine: Summary[] = [], total = queue.length): ServerFrame => ({
  type: "desk",
  queue,
  queue_total: total,
  mine,
  offers: [],
  agents: [],
  open: true,
});

function message(seq: number, fields: Partial<Extract<SessionEvent, { kind: "message" }>> = {}): ServerFrame {
  return {
    type: "event",
    position: String(100 + seq),
    session: "s1",
    seq,
    at: "2026-01-01T00:00:00.000Z",
    kind: "message",
    message_id: `m${seq}`,
    from: "customer",
    text: "hello",
    ...fields,
  } as ServerFrame;
}

function having(frames: ServerFrame[], from: LiveState = initialState): LiveState {
  return frames.reduce((state, frame) => reduce(state, { type: "frame", frame, now: 0 }), from);
}

const told = (session: Summary): ServerFrame => ({ type: "lists", sessions: [session], agents: [] });

describe("the position", () => {
  it("is the server's when there is nothing to resume, and moves with events only when there is", () => {
    const fresh = having([welcome(false, "100")]);
    expect(fresh.position).toBe("100");
    const resumed = having([welcome(true, "250")], fresh);
    expect(resumed.position).toBe("100");
    expect(having([message(1)], resumed).position).toBe("101");
  });

  it("compares as a number of any length and never goes back", () => {
    expect(isNewer("9007199254740993", "9007199254740992")).toBe(true);
    expect(isNewer("99", "100")).toBe(false);
    expect(having([welcome(false, "500"), message(1)]).position).toBe("500");
  });

  it("moves on when nothing that concerns this person happened, and never back", () => {
    const state = having([welcome(false, "100"), { type: "position", position: "140" }]);
    expect(state.position).toBe("140");
    expect(having([{ type: "position", position: "99" }], state).position).toBe("140");
  });

  it("is taken anew from a resync", () => {
    expect(
      having([welcome(false), { type: "resync", position: "900", why: "too far behind" }]).position,
    ).toBe("900");
  });
});

describe("the summaries", () => {
  const others = { owner: "human" as const, agent: { id: "tom", name: "Tom" }, seq: 2 };
  const open = (state: LiveState) => reduce(state, { type: "opened", session: "a" });

  it("of what others have taken go, and the total with them", () => {
    const state = having([welcome(false), desk([summary("a"), summary("b")]), told(summary("a", others))]);
    expect(Object.keys(state.summaries)).toEqual(["b"]);
    expect(state.queueTotal).toBe(1);
  });

  it("stay while the conversation is on the screen, and no longer", () => {
    const shown = having([told(summary("a", others))], open(having([welcome(false), desk([summary("a")])])));
    expect(shown.summaries.a?.owner).toBe("human");
    expect(reduce(shown, { type: "shut", session: "a" }).summaries).toEqual({});
  });

  it("of what is offered stay, whoever has it", () => {
    const offer: ServerFrame = {
      type: "offer",
      session: summary("a", others),
      until: "2026-01-01T00:00:30.000Z",
    };
    const state = having([welcome(false), desk([]), offer]);
    expect(state.summaries.a?.agent?.name).toBe("Tom");
  });
});

describe("the lists", () => {
  it("keep the queue in the order of service", () => {
    const state = having([
      desk([
        summary("late", { queued_at: "2026-01-01T00:02:00.000Z" }),
        summary("early", { queued_at: "2026-01-01T00:01:00.000Z" }),
        summary("urgent", { priority: "urgent", queued_at: "2026-01-01T00:03:00.000Z" }),
      ]),
    ]);
    expect(queueOf(state).map((one) => one.id)).toEqual(["urgent", "early", "late"]);
  });

  it("move a session when it is taken, and ignore what is older than what is known", () => {
    const taken = summary("s1", { owner: "human", agent: JANE, epoch: 2, seq: 5, unread: 2 });
    const state = having([welcome(false), desk([summary("s1")]), told(taken)]);
    expect(queueOf(state)).toEqual([]);
    expect(state.queueTotal).toBe(0);
    expect(mineOf(state).map((one) => one.id)).toEqual(["s1"]);
    expect(attentionOf(state)).toBe(2);
    const stale = having([told(summary("s1", { epoch: 1, seq: 9 }))], state);
    expect(mineOf(stale).map((one) => one.id)).toEqual(["s1"]);
  });

  it("count what lies beyond the part of the queue that is sent", () => {
    const state = having([desk([summary("s1")], [], 900), told(summary("s2"))]);
    expect(state.queueTotal).toBe(901);
  });

  it("forget with a new desk what is neither in it nor open", () => {
    const before = reduce(having([desk([summary("a"), summary("b")])]), { type: "opened", session: "b" });
    const state = having([desk([])], before);
    expect(Object.keys(state.summaries)).toEqual(["b"]);
  });
});

describe("what passes", () => {
  it("forgets somebody who typed and went silent, and everybody after a lost connection", () => {
    const typing: ServerFrame = { type: "typing", session: "s1", who: { kind: "customer" }, active: true };
    const state = having([typing]);
    expect(state.typing.s1).toHaveLength(1);
    expect(reduce(state, { type: "passed", now: TYPING_MS + 1 }).typing.s1).toBeUndefined();
    expect(reduce(state, { type: "phase", phase: "waiting" }).typing).toEqual({});
    expect(having([message(1)], state).typing.s1).toEqual([]);
  });

  it("puts a draft together by characters, and does not guess at a missed part", () => {
    const draft = (text: string, offset: number): ServerFrame => ({
      type: "draft",
      session: "s1",
      turn: 4,
      text,
      offset,
    });
    const state = having([draft("We 🙂", 0), draft(" ship", 4)]);
    expect(state.drafts.s1?.text).toBe("We 🙂 ship");
    expect(having([draft("later", 40)], state).drafts.s1?.text).toBeNull();
    expect(having([draft("New", 0)], state).drafts.s1?.text).toBe("New");
  });

  it("keeps an answer that is made no more until the message that it has become stands there", () => {
    const ended = (turn: number): ServerFrame => ({ type: "draft_ended", session: "s1", turn });
    const draft: ServerFrame = { type: "draft", session: "s1", turn: 4, text: "We ship", offset: 0 };
    const later = { type: "passed", now: DRAFT_ENDED_MS } as const;
    const state = having([draft, ended(4)]);
    expect(state.drafts.s1?.text).toBe("We ship");
    expect(having([message(1, { from: "assistant" })], state).drafts.s1).toBeUndefined();
    const over = { session: "s1", seq: 2, at: "2026-01-01T00:00:00.000Z", upto: 1, outcome: "taken_over" };
    expect(
      having([{ type: "event", kind: "turn_ended", turn: 4, ...over }], state).drafts.s1,
    ).toBeUndefined();
    expect(reduce(state, later).drafts.s1, "it was thrown away").toBeUndefined();
    expect(reduce(having([draft, ended(3)]), later).drafts.s1, "another turn's").toBeDefined();
    expect(reduce(having([draft, ended(4), draft]), later).drafts.s1, "made anew").toBeDefined();
  });
});

describe("the outbox", () => {
  const item = (client_id: string, session = "s1") => ({
    client_id,
    kind: "send" as const,
    session,
    text: "hi",
    at: "2026-01-01T00:00:00.000Z",
  });

  it("lets a message go when it appears in the log, by its client id or by its seq", () => {
    const waiting = add(add([], item("a")), item("b"));
    const state: LiveState = { ...initialState, outbox: acked(waiting, "b", 8) };
    const one = having([message(7, { from: "agent", client_id: "a" })], state);
    expect(one.outbox.map((left) => left.client_id)).toEqual(["b"]);
    expect(having([message(8, { from: "agent" })], one).outbox).toEqual([]);
  });

  it("sends again what has no answer, not what was refused or is durable", () => {
    let outbox = add(add(add([], item("a")), item("b")), item("c"));
    outbox = refuse(acked(outbox, "a", 3), "b", "closed");
    expect(unsent(outbox).map((left) => left.client_id)).toEqual(["c"]);
  });

  it("survives a reload, for the person who wrote it", () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as unknown as Storage;
    keep(storage, "jane", add([], item("a")));
    expect(recall(storage, "jane").map((left) => left.client_id)).toEqual(["a"]);
    expect(recall(storage, "bob")).toEqual([]);
    keep(storage, "jane", []);
    expect(kept.size).toBe(0);
  });

  it("tells what passes from what a person must decide", () => {
    expect(isPassing({ code: "busy" })).toBe(true);
    expect(isPassing({ code: "conflict" })).toBe(false);
  });
});

describe("the backoff", () => {
  it("grows to a limit and is never the same for everybody", () => {
    expect(backoffMs(0, 0)).toBe(250);
    expect(backoffMs(0, 1)).toBe(500);
    expect(backoffMs(50, 1)).toBe(15_000);
    expect(backoffMs(3, 0.2)).not.toBe(backoffMs(3, 0.8));
  });
});

describe("a list of everything", () => {
  const hears = (state: LiveState, session: Summary) => having([told(session)], state);
  const others = (id: string, minute = 0) =>
    summary(id, { owner: "assistant", started_at: new Date(minute * 60_000).toISOString() });

  it("keeps what others work on while it is on the screen, and forgets it afterwards", () => {
    const all = reduce(initialState, { type: "scope", scope: "all" });
    const known = hears(hears(all, others("theirs")), summary("waits"));
    expect(Object.keys(known.summaries)).toEqual(["theirs", "waits"]);
    const mine = reduce(known, { type: "scope", scope: "mine" });
    expect(Object.keys(mine.summaries)).toEqual(["waits"]);
    expect(hears(mine, others("theirs")).summaries.theirs).toBeUndefined();
  });

  it("is bounded: what was quiet longest goes first, what waits stays", () => {
    let state = hears(reduce(initialState, { type: "scope", scope: "all" }), summary("waits"));
    for (let number = 0; number < SUMMARIES_MAX; number++) state = hears(state, others(`s${number}`, number));
    expect(Object.keys(state.summaries).length).toBeLessThan(SUMMARIES_MAX);
    expect(state.summaries.waits).toBeDefined();
    expect(state.summaries.s0).toBeUndefined();
    expect(state.summaries[`s${SUMMARIES_MAX - 1}`]).toBeDefined();
  });
});
