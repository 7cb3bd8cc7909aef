import { describe, expect, it } from "vitest";
import type { DashboardDay } from "../../api/types";
import { bucketsOf, unitOf } from "./buckets";
import { addDays } from "./range";

const day = (name: string, more: Partial<DashboardDay> = {}): DashboardDay => ({
  day: name,
  conversations: 1,
  messages: 2,
  handovers: 1,
  resolved_by_assistant: 1,
  resolved_by_human: 0,
  first_response_ms: null,
  wait_ms: null,
  rating_count: 0,
  rating_sum: 0,
  ...more,
});
const days = (count: number) => Array.from({ length: count }, (_, at) => day(addDays("2026-01-01", at)));

describe("buckets", () => {
  it("are days, weeks or months, and lose nothing", () => {
    for (const [count, unit] of [
      [30, "day"],
      [90, "week"],
      [366, "month"],
    ] as const) {
      const buckets = bucketsOf(days(count));
      expect(unitOf(count)).toBe(unit);
      expect(buckets.reduce((sum, bucket) => sum + bucket.conversations, 0)).toBe(count);
      expect(buckets.length).toBeLessThanOrEqual(62);
    }
  });
  it("weigh averages by what was averaged, and leave days without any out", () => {
    const long = days(70).map((one, at) => {
      if (at === 0) return { ...one, first_response_ms: 1000, conversations: 3 };
      return at === 1 ? { ...one, first_response_ms: 5000, conversations: 1 } : one;
    });
    expect(bucketsOf(long)[0]?.firstResponseS).toBe(2);
    expect(bucketsOf(long)[5]?.firstResponseS).toBeNull();
  });
});
