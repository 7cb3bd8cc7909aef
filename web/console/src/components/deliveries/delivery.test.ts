import { describe, expect, it } from "vitest";
import type { Delivery } from "../../api/webhooks";
import {
  answerWord,
  counted,
  deliveries,
  firstState,
  nextTry,
  parkedWord,
  stateOf,
  took,
  tries,
} from "./delivery";

const NOW = Date.parse("2026-11-23T00:10:00.000Z");

const delivery: Delivery = {
  id: "6f1e2d3c-4b5a-8697-8877-665544332211",
  number: "0000000000000012-00000000",
  event: "message.received",
  conversation_id: "conv_123",
  seq: 2,
  event_at: "2026-11-23T00:00:00.000Z",
  state: "waiting",
  queued_at: "2026-11-23T00:00:00.010Z",
  attempts: 0,
  next_attempt_at: null,
  parked_because: null,
  last_attempt: null,
};

describe("how many deliveries there are", () => {
  it("is said as far as it was counted", () => {
    expect([counted(0), counted(1), counted(100_000)]).toEqual([
      (0).toLocaleString(),
      "1",
      `${(100_000).toLocaleString()}+`,
    ]);
    expect([deliveries(1), deliveries(12)]).toEqual(["1 delivery", "12 deliveries"]);
  });

  it("is opened where something is to be done", () => {
    expect([
      firstState({ waiting: 0, parked: 0 }),
      firstState({ waiting: 3, parked: 0 }),
      firstState({ waiting: 3, parked: 1 }),
    ]).toEqual(["finished", "waiting", "parked"]);
    expect([stateOf("parked"), stateOf("lost"), stateOf(undefined)]).toEqual(["parked", null, null]);
  });
});

describe("a delivery", () => {
  it("says when it is tried next", () => {
    const refused = { ...delivery, attempts: 2, next_attempt_at: "2026-11-23T00:12:00.000Z" };
    expect(nextTry(delivery, true, NOW)).toBe("In its turn");
    expect(nextTry({ ...delivery, attempts: 3 }, true, NOW)).toBe("When the receiver works again");
    expect(nextTry(refused, true, NOW)).toBe("Next try in 2 min");
    expect(nextTry(refused, true, NOW + 200_000)).toBe("Next try now");
    expect(nextTry(refused, false, NOW)).toBe("When it is switched on");
  });

  it("says what its last try brought, and why it was set aside", () => {
    const attempt = { at: delivery.event_at, status: 204, text: "", took_ms: 24 };
    const none = { ...attempt, status: null, took_ms: 15_012 };
    expect([answerWord(attempt), answerWord(none), answerWord(none, "Taken")]).toEqual([
      "Status 204",
      "No answer",
      "Taken",
    ]);
    expect([took(attempt), took(none)]).toEqual(["24 ms", `${(15).toLocaleString()} s`]);
    expect([tries(1), tries(2)]).toEqual(["1 try", "2 tries"]);
    expect([parkedWord("refused"), parkedWord("some_new_reason")]).toEqual([
      "Refused on every try",
      "Some new reason",
    ]);
  });
});
