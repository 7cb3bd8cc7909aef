import { describe, expect, it } from "vitest";
import { before, formatDay, lengthOf, rangeOf, rangeProblem, today } from "./range";

describe("a range of days", () => {
  it("is taken from the organization's day, not from the browser's", () => {
    const now = new Date("2026-11-22T23:30:00Z");
    expect(today("UTC", now)).toBe("2026-11-22");
    expect(today("Asia/Tokyo", now)).toBe("2026-11-23");
    expect(today("America/Los_Angeles", now)).toBe("2026-11-22");
  });
  it("falls back to UTC in a zone that the browser does not know", () => {
    expect(today("Mars/Olympus", new Date("2026-11-22T23:30:00Z"))).toBe("2026-11-22");
  });
  it("counts both ends", () => {
    expect(lengthOf(rangeOf("today", "2026-11-22"))).toBe(1);
    expect(lengthOf(rangeOf("30d", "2026-11-22"))).toBe(30);
    expect(rangeOf("7d", "2026-11-03")).toEqual({ from: "2026-10-28", to: "2026-11-03" });
  });
  it("knows months, also short ones and those of last year", () => {
    expect(rangeOf("last-month", "2028-03-31")).toEqual({ from: "2028-02-01", to: "2028-02-29" });
    expect(rangeOf("last-month", "2026-01-10")).toEqual({ from: "2025-12-01", to: "2025-12-31" });
  });
  it("is compared with as many days just before", () => {
    expect(before({ from: "2026-11-01", to: "2026-11-07" })).toEqual({
      from: "2026-10-25",
      to: "2026-10-31",
    });
  });
  it("says what is wrong with it", () => {
    expect(rangeProblem({ from: "2026-11-02", to: "2026-11-01" })).toMatch(/before the first/);
    expect(rangeProblem({ from: "", to: "2026-11-01" })).toMatch(/both/);
    expect(rangeProblem({ from: "2020-01-01", to: "2026-11-01" })).toMatch(/at most/);
    expect(rangeProblem({ from: "2026-11-01", to: "2026-11-01" })).toBeNull();
  });
  it("is written without the browser's zone", () => {
    expect(formatDay("2026-11-01")).toBe("1 Nov");
  });
});
