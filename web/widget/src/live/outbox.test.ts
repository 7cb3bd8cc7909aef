import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ClientFrame, parse } from "./frames";
import { Outbox, WAITING_MAX } from "./outbox";
import { Sender } from "./sender";
import { type Keep, memory } from "./storage";
import { byLeases, type Tabs } from "./tabs";

let keep: Keep;
let tabs: Tabs[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  keep = memory();
});
afterEach(() => {
  for (const tab of tabs) tab.stop();
  tabs = [];
  vi.useRealTimers();
});

function tab(id: string) {
  const joined = byLeases("p:", keep, id);
  tabs.push(joined);
  return { tabs: joined, outbox: new Outbox(keep, "p:out:", joined) };
}

const text = (id: string, at = 1) => ({ id, kind: "text" as const, text: id, at });

describe("the outbox", () => {
  it("keeps the order in which things were done, though the clock stands still", () => {
    const { outbox } = tab("a");
    for (const id of ["z", "y", "x"]) outbox.add(text(id));
    expect(outbox.all().map((item) => item.id)).toEqual(["z", "y", "x"]);
    expect(outbox.next()?.id).toBe("z");
  });

  it("refuses what is too much", () => {
    const { outbox } = tab("a");
    for (let at = 0; at < WAITING_MAX; at += 1) expect(outbox.add(text(`m${at}`))).toBe(true);
    expect(outbox.add(text("more"))).toBe(false);
    expect(outbox.has("more")).toBe(false);
  });

  it("leaves a living tab's messages to it, and takes over those of one that is gone", async () => {
    const [gone, other] = [tab("gone"), tab("other")];
    gone.outbox.add(text("left"));
    expect(await other.outbox.adopt()).toBe(true);
    expect(other.outbox.next()).toBeNull();
    gone.tabs.stop();
    expect(await other.outbox.adopt()).toBe(false);
    expect(other.outbox.next()?.id).toBe("left");
    expect(gone.outbox.next()).toBeNull();
  });

  it("knows a tab that crashed by its lease", async () => {
    const [crashed, other] = [tab("crashed"), tab("other")];
    crashed.outbox.add(text("left"));
    keep.set("p:tab:crashed", String(Date.now() - 60_000));
    expect([...(await other.tabs.others())]).toEqual([]);
    await other.outbox.adopt();
    expect(other.outbox.next()?.id).toBe("left");
  });
});

describe("the sender", () => {
  function sender() {
    const { outbox } = tab("a");
    const sent: ClientFrame[] = [];
    const refused: string[] = [];
    const silent = vi.fn();
    const road = {
      online: () => true,
      send: (frame: ClientFrame) => sent.push(frame) > 0,
      silent,
      refused: (id: string) => void refused.push(id),
    };
    const ids = () => sent.map((frame) => ("id" in frame ? frame.id : ""));
    return { outbox, sent, refused, silent, ids, sender: new Sender(outbox, road) };
  }

  it("waits for each confirmation before it sends the next", () => {
    const { outbox, sender: one, ids } = sender();
    outbox.add(text("m1"));
    outbox.add(text("m2"));
    one.flush();
    one.flush();
    expect(ids()).toEqual(["m1"]);
    one.settle({ type: "ack", id: "m1", seq: 1, epoch: 1 });
    expect(ids()).toEqual(["m1", "m2"]);
    expect(outbox.has("m1")).toBe(false);
  });

  it("sends again under the same id what was on its way when the socket went", () => {
    const { outbox, sender: one, ids } = sender();
    outbox.add(text("m1"));
    one.flush();
    one.interrupted();
    one.flush();
    expect(ids()).toEqual(["m1", "m1"]);
  });

  it("takes silence for a dead socket", () => {
    const { outbox, sender: one, silent } = sender();
    outbox.add(text("m1"));
    one.flush();
    vi.advanceTimersByTime(9_000);
    expect(silent).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2_000);
    expect(silent).toHaveBeenCalledOnce();
    expect(outbox.has("m1")).toBe(true);
  });

  it("tries again in order after a refusal that passes, and goes on after one that does not", () => {
    const { outbox, sender: one, ids, refused } = sender();
    outbox.add(text("m1"));
    outbox.add(text("m2"));
    one.flush();
    one.settle({ type: "error", code: "rate_limit_exceeded", message: "", id: "m1" });
    expect(ids()).toEqual(["m1"]);
    vi.advanceTimersByTime(3_000);
    expect(ids()).toEqual(["m1", "m1"]);
    one.settle({ type: "error", code: "invalid_request", message: "", id: "m1" });
    expect(refused).toEqual(["m1"]);
    expect(ids()).toEqual(["m1", "m1", "m2"]);
  });

  it("asks for a human once, and is content with whatever answers it", () => {
    const { outbox, sender: one, sent } = sender();
    outbox.add({ id: "h1", kind: "handover", at: 1 });
    one.flush();
    expect(sent[0]).toMatchObject({ type: "handover_request", id: "h1" });
    one.settle({ type: "owner", status: "waiting", timestamp: "" });
    expect(outbox.all()).toEqual([]);
  });

  it("keeps the wish for a human through silence and a lost socket, until it is confirmed", () => {
    const { outbox, sender: one, ids, silent } = sender();
    outbox.add({ id: "h1", kind: "handover", at: 1 });
    one.flush();
    vi.advanceTimersByTime(11_000);
    expect(silent).toHaveBeenCalledOnce();
    expect(outbox.has("h1")).toBe(true);
    one.interrupted();
    one.settle({ type: "connection_established", sessionId: "s", owner: "ai" });
    one.flush();
    expect(ids()).toEqual(["h1", "h1"]);
    one.settle({ type: "ack", id: "h1" });
    expect(outbox.has("h1")).toBe(false);
  });

  it("learns on coming back that somebody is there already", () => {
    const { outbox, sender: one } = sender();
    outbox.add({ id: "h1", kind: "handover", at: 1 });
    one.settle({ type: "connection_established", sessionId: "s", owner: "with_agent" });
    expect(outbox.all()).toEqual([]);
  });
});

describe("a frame from the server", () => {
  it("is read only when it has what its kind must have", () => {
    expect(parse('{"type":"draft","turn":1,"text":"a","offset":0}')).toMatchObject({ turn: 1 });
    for (const bad of [
      "",
      "[]",
      "null",
      "{}",
      '{"type":"constructor"}',
      '{"type":"draft","turn":"1"}',
      '{"type":"resync","position":null}',
    ])
      expect(parse(bad), bad).toBeNull();
    expect(parse(new ArrayBuffer(1))).toBeNull();
  });
});
