import { describe, expect, it } from "vitest";
import type { ServerFrame } from "./frames";
import { type Action, EMPTY, type Entry, kept, newest, reduce, type State, unread } from "./state";

const EPOCH = 1_689_775_200_000;

function stateAfter(...actions: (Action | ServerFrame)[]): State {
  return actions.reduce<State>((state, action) => {
    const isAction = [
      "frame",
      "link",
      "posted",
      "refused",
      "seen",
      "scored",
      "restored",
      "handover_asked",
    ].includes(action.type);
    const known = isAction || action.type.endsWith("_expired");
    return reduce(
      state,
      known ? (action as Action) : { type: "frame", frame: action as ServerFrame, now: 0 },
    );
  }, EMPTY);
}

function message(seq: number, text: string, more: object = {}): ServerFrame {
  const timestamp = "2023-07-19T14:00:00.000Z";
  return { type: "message", sender: "ai", text, messageId: `m${seq}`, timestamp, seq, epoch: EPOCH, ...more };
}

function owner(
  seq: number,
  status: "ai" | "waiting" | "with_agent" | "closed",
  agentName: string | null = null,
): ServerFrame {
  return { type: "owner", status, agentName, seq, epoch: EPOCH, timestamp: "2023-07-19T14:00:00.000Z" };
}

const ack = (id: string, seq: number): ServerFrame => ({
  type: "ack",
  id,
  messageId: `m${seq}`,
  seq,
  epoch: EPOCH,
});
const posted = (id: string, text: string): Action => ({ type: "posted", id, text, at: 1 });
const texts = (state: State) =>
  state.entries.map((entry: Entry) => (entry.kind === "said" ? entry.text : entry.status));

describe("what was said", () => {
  it("stands in the order of the log, each once, whatever comes twice", () => {
    const state = stateAfter(message(2, "two"), message(5, "five"), message(2, "two"), message(3, "three"));
    expect(texts(state)).toEqual(["two", "three", "five"]);
    expect(state.position).toEqual({ epoch: EPOCH, seq: 5 });
  });

  it("shows a message at once, and puts it in its place when it is confirmed", () => {
    const waiting = stateAfter(posted("c1", "mine"), message(2, "before"));
    expect(texts(waiting)).toEqual(["before", "mine"]);
    const placed = stateAfter(posted("c1", "mine"), message(2, "before"), ack("c1", 1));
    expect(texts(placed)).toEqual(["mine", "before"]);
  });

  it("knows its own message when it comes back from the log instead of a confirmation", () => {
    const echoed = message(4, "mine", { sender: "customer", id: "c1" });
    const state = stateAfter(posted("c1", "mine"), echoed, ack("c1", 4), echoed);
    expect(texts(state)).toEqual(["mine"]);
    expect(state.entries[0]?.seq).toBe(4);
  });

  it("keeps what is on its way when the log is another one, and forgets the rest", () => {
    const state = stateAfter(message(9, "old"), posted("c1", "mine"), {
      type: "resync",
      position: { epoch: EPOCH + 1, seq: 3 },
    });
    expect(texts(state)).toEqual(["mine"]);
    expect(state.position).toEqual({ epoch: EPOCH + 1, seq: 0 });
  });

  it("does not keep what is on its way: that is the outbox's", () => {
    expect(kept(stateAfter(message(1, "one"), posted("c1", "mine"))).entries).toHaveLength(1);
  });

  it("marks what was refused until it is confirmed after all", () => {
    const refused = stateAfter(posted("c1", "x"), { type: "refused", id: "c1" });
    expect(refused.entries[0]).toMatchObject({ refused: true, seq: null });
    expect(
      stateAfter(posted("c1", "x"), { type: "refused", id: "c1" }, ack("c1", 3)).entries[0],
    ).toMatchObject({
      refused: false,
      seq: 3,
    });
  });

  it("holds no more than the newest two hundred", () => {
    const state = stateAfter(...Array.from({ length: 230 }, (_, at) => message(at + 1, `m${at + 1}`)));
    expect(state.entries).toHaveLength(200);
    expect(texts(state)[0]).toBe("m31");
  });
});

describe("who has the conversation", () => {
  it("is told once, however often the same is said", () => {
    const state = stateAfter(
      owner(3, "with_agent", "Jane"),
      message(4, "hi"),
      owner(9, "with_agent", "Jane"),
    );
    expect(texts(state)).toEqual(["with_agent", "hi"]);
    expect(state.owner).toEqual({ status: "with_agent", agentName: "Jane" });
  });

  it("is known from the start of a connection, and moves the position like everything in the log", () => {
    const hello: ServerFrame = {
      type: "connection_established",
      sessionId: "s1",
      resumeSecret: "r1",
      owner: "with_agent",
      agentName: "Jane",
    };
    const state = stateAfter(hello);
    expect(state).toMatchObject({
      session: "s1",
      secret: "r1",
      owner: { status: "with_agent", agentName: "Jane" },
    });
    expect(state.position).toBeNull();
    expect(stateAfter(hello, message(2, "x"), owner(3, "waiting")).position?.seq).toBe(3);
    expect(stateAfter(hello, { type: "connection_established", sessionId: "s1" }).secret).toBe("r1");
  });

  it("ends the place in the queue and the assistant's draft", () => {
    const queued = stateAfter(owner(3, "waiting"), {
      type: "queue_position",
      position: 2,
      estimatedWaitSeconds: 90,
      open: true,
    });
    expect(queued.queue).toEqual({ position: 2, waitSeconds: 90, open: true });
    const taken = reduce(queued, { type: "frame", frame: owner(4, "with_agent", "Jane"), now: 0 });
    expect(taken.queue).toBeNull();
    expect(
      stateAfter({ type: "draft", turn: 1, text: "We", offset: 0 }, owner(4, "waiting")).draft,
    ).toBeNull();
  });
});

describe("a draft", () => {
  const draft = (text: string, offset: number, turn = 14): ServerFrame => ({
    type: "draft",
    turn,
    text,
    offset,
  });

  it("goes on at an offset in characters, not in units of the encoding", () => {
    expect(stateAfter(draft("Hi 👋🏽", 0), draft(" there", 5)).draft?.text).toBe("Hi 👋🏽 there");
    expect(stateAfter(draft("We ship", 0), draft("send", 3)).draft?.text).toBe("We send");
  });

  it("begins anew with another turn, and leaves out what continues nothing", () => {
    expect(stateAfter(draft("a", 0), draft("b", 0, 15)).draft).toMatchObject({ turn: 15, text: "b" });
    expect(stateAfter(draft("a", 0), draft("z", 7)).draft?.text).toBe("a");
    expect(stateAfter(draft("z", 7)).draft).toBeNull();
  });

  it("gives way to the message, stays a moment when it ended, and ends with the connection", () => {
    expect(stateAfter(draft("We", 0), message(2, "We ship")).draft).toBeNull();
    const ended = stateAfter(draft("We", 0), { type: "draft_end", turn: 14 });
    expect(ended.draft?.text).toBe("We");
    expect(reduce(ended, { type: "draft_expired" }).draft).toBeNull();
    expect(stateAfter(draft("We", 0), { type: "draft_expired" }).draft?.text).toBe("We");
    expect(stateAfter(draft("We", 0), { type: "link", link: "connecting" }).draft).toBeNull();
  });
});

describe("what is new to the customer", () => {
  it("counts others' words behind what was seen", () => {
    const own = message(3, "mine", { sender: "customer", id: "c1" });
    const state = stateAfter(message(1, "a"), own, message(4, "b", { sender: "agent", agentName: "Jane" }));
    expect(unread(state).map((said) => said.text)).toEqual(["a", "b"]);
    expect(newest(state)).toBe(4);
    const seen = reduce(state, { type: "seen", seq: 1 });
    expect(unread(seen).map((said) => said.text)).toEqual(["b"]);
    expect(unread(reduce(seen, { type: "seen", seq: 0 }))).toHaveLength(1);
  });
});

describe("a rating", () => {
  it("is asked for, given once, and asked for again when a conversation that went on ends again", () => {
    const asked: ServerFrame = { type: "rating_requested", seq: 5, epoch: EPOCH, timestamp: "" };
    expect(stateAfter(asked).rating).toEqual({ asked: true, score: null });
    expect(stateAfter(asked, { type: "rated", score: 5, seq: 6, epoch: EPOCH }).rating.score).toBe(5);
    expect(stateAfter(asked, { type: "scored", score: 4 }, asked).rating.score).toBeNull();
  });
});

describe("the wish for a person", () => {
  const asked: Action = { type: "handover_asked", id: "h1" };

  it("stands until somebody else has the conversation", () => {
    expect(stateAfter(asked, { type: "ack", id: "h1" }).handover).toBe("h1");
    expect(stateAfter(asked, owner(3, "waiting")).handover).toBeNull();
    expect(
      stateAfter(asked, { type: "connection_established", sessionId: "s", owner: "with_agent" }).handover,
    ).toBeNull();
  });

  it("can be said again when it was refused", () => {
    expect(stateAfter(asked, { type: "refused", id: "m1" }).handover).toBe("h1");
    expect(stateAfter(asked, { type: "refused", id: "h1" }).handover).toBeNull();
  });
});
