import { describe, expect, it } from "vitest";
import type { Progress, SessionEvent } from "../api/types";
import { bySeq, isUnderWay, lastOwn, told } from "./progress";

const at = "2026-11-23T10:00:00.000Z";
const progress = (seq: number, state: Progress["state"], more: Partial<Progress> = {}): Progress => ({
  seq,
  channel: "sms",
  state,
  why: null,
  parts: 1,
  parts_gone: 1,
  at,
  ...more,
});

describe("how far a message came", () => {
  it("says it in a word, and why where it did not arrive", () => {
    expect(told(progress(3, "accepted"))).toEqual({ text: "Accepted", tone: "quiet" });
    expect(told(progress(3, "read"))).toEqual({ text: "Read", tone: "good" });
    expect(told(progress(3, "failed", { why: "the customer does not want it" }))).toEqual({
      text: "Not delivered: the customer does not want it",
      tone: "bad",
    });
    expect(told(progress(3, "delivered", { why: "a file did not go: it was found to do harm" }))).toEqual({
      text: "Delivered, but a file did not go: it was found to do harm",
      tone: "bad",
    });
    expect(told(progress(3, "waiting", { parts: 3 })).text).toBe("Waiting to be sent (1 of 3 parts)");
    expect(told(progress(3, "waiting", { why: "too fast for the provider" })).text).toBe(
      "Waiting: too fast for the provider",
    );
    expect(told(progress(3, "teleported" as Progress["state"])).text).toBe("teleported");
  });

  it("is asked for again while something is on its way", () => {
    expect(isUnderWay(undefined, 3)).toBe(true);
    expect(isUnderWay([], 3)).toBe(true);
    expect(isUnderWay([progress(3, "sent")], 3)).toBe(true);
    expect(isUnderWay([progress(3, "sent", { channel: "email" })], 3)).toBe(false);
    expect(isUnderWay([progress(3, "delivered")], 5)).toBe(true);
    expect(isUnderWay([progress(5, "delivered"), progress(3, "failed")], 5)).toBe(false);
  });

  it("belongs to a message by its place", () => {
    const events = [
      { kind: "message", from: "assistant", seq: 4 },
      { kind: "message", from: "customer", seq: 5 },
      { kind: "message", from: "notice", seq: 6 },
    ] as SessionEvent[];
    expect(lastOwn(events)).toBe(4);
    expect(lastOwn([])).toBe(0);
    expect(bySeq({ items: [progress(4, "sent")] }).get(4)?.state).toBe("sent");
  });
});
