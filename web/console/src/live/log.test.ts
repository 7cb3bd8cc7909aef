import { describe, expect, it } from "vitest";
import type { SessionEvent } from "../api/types";
import { emptyLog, newest, receive, type SessionLog, takePage } from "./log";

const event = (seq: number): SessionEvent => ({
  session: "s",
  seq,
  at: "2026-01-01T00:00:00.000Z",
  kind: "message",
  message_id: `m${seq}`,
  from: "customer",
  text: `text ${seq}`,
});
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => event(from + at));
const seqs = (log: SessionLog) => log.events.map((one) => one.seq);
const loaded = (from: number, to: number) => takePage(emptyLog, range(from, to), true, "latest");

describe("the log of an open conversation", () => {
  it("takes the next event and forgets one that it has", () => {
    const log = receive(loaded(1, 3), event(4));
    expect(seqs(log)).toEqual([1, 2, 3, 4]);
    expect(receive(log, event(4))).toBe(log);
    expect(receive(log, event(2))).toBe(log);
  });

  it("keeps an event past a gap aside and says what is missing", () => {
    const log = receive(receive(loaded(1, 3), event(6)), event(7));
    expect(seqs(log)).toEqual([1, 2, 3]);
    expect(log.missing).toBe(3);
    const whole = takePage(log, range(4, 6), false, "newer");
    expect(seqs(whole)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(whole.missing).toBeNull();
    expect(whole.ahead).toEqual([]);
  });

  it("asks on while the gap is longer than a page", () => {
    const log = receive(loaded(1, 3), event(9));
    const half = takePage(log, range(4, 6), true, "newer");
    expect(half.missing).toBe(6);
    expect(seqs(takePage(half, range(7, 9), false, "newer"))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("asks on when a page says that there is more, even where nothing came ahead", () => {
    const log = takePage(loaded(1, 3), range(4, 6), true, "newer");
    expect(log.missing).toBe(6);
    expect(takePage(log, [], false, "newer").missing).toBeNull();
  });

  it("does not ask for ever for what the server does not show", () => {
    const log = receive(loaded(1, 3), event(6));
    const settled = takePage(log, [], false, "newer");
    expect(seqs(settled)).toEqual([1, 2, 3, 6]);
    expect(settled.missing).toBeNull();
  });

  it("puts what came before the first page where it belongs", () => {
    const early = receive(receive(emptyLog, event(12)), event(11));
    expect(early.events).toEqual([]);
    const log = takePage(early, range(8, 10), true, "latest");
    expect(seqs(log)).toEqual([8, 9, 10, 11, 12]);
    expect(log.anchor).toBe(8);
    const gap = takePage(receive(emptyLog, event(12)), range(8, 10), true, "latest");
    expect(gap.missing).toBe(10);
  });

  it("loads upwards without repeating, and knows the start", () => {
    const log = takePage(loaded(8, 10), range(5, 8), true, "older");
    expect(seqs(log)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(log.atStart).toBe(false);
    expect(log.anchor).toBe(8);
    const start = takePage(log, range(1, 4), false, "older");
    expect(start.atStart).toBe(true);
    expect(seqs(start)[0]).toBe(1);
    expect(takePage(log, [], true, "older").atStart).toBe(true);
  });

  it("ends in the same order whatever order and repetition the network makes", () => {
    for (let seed = 1; seed <= 200; seed++) {
      let x = seed;
      const random = (below: number) => {
        x = (x * 1_103_515_245 + 12_345) % 2_147_483_648;
        return x % below;
      };
      let log = loaded(1, 5);
      const arrivals = Array.from({ length: 60 }, () => event(1 + random(30)));
      for (const arrival of arrivals) {
        log = receive(log, arrival);
        if (log.missing !== null && random(3) === 0) {
          log = takePage(log, range(log.missing + 1, Math.min(30, log.missing + 4)), true, "newer");
        }
      }
      while (log.missing !== null) {
        const from = log.missing + 1;
        log = takePage(log, from > 30 ? [] : range(from, Math.min(30, from + 6)), from + 6 < 30, "newer");
      }
      expect(seqs(log)).toEqual(Array.from({ length: newest(log) }, (_, at) => at + 1));
      expect(newest(log)).toBeGreaterThanOrEqual(Math.max(5, ...arrivals.map((one) => one.seq)));
    }
  });
});
