import { describe, expect, it } from "vitest";
import { dateAndTime, timeOfDay } from "../components/time";
import { lateText } from "./late";

const at = new Date(2026, 0, 5, 16, 10).toISOString();
const sent = (day: number, hour: number) => new Date(2026, 0, day, hour, 5).toISOString();

describe("a message that came late", () => {
  it("says when it was written, and the day where that was another one", () => {
    expect(lateText({ at, sent_at: sent(5, 14), late: true })).toBe(
      `Sent ${timeOfDay(sent(5, 14))} · arrived late`,
    );
    expect(lateText({ at, sent_at: sent(4, 14), late: true })).toBe(
      `Sent ${dateAndTime(sent(4, 14))} · arrived late`,
    );
  });

  it("is not told of what came in time, or of which nobody says when it was written", () => {
    expect(lateText({ at, sent_at: sent(5, 16) })).toBeNull();
    expect(lateText({ at, late: true })).toBeNull();
    expect(lateText({ at })).toBeNull();
  });
});
