import { describe, expect, it } from "vitest";
import { changeOf, csvOf, formatMs, formatShare, formatTick, ticksUpTo } from "./figures";

describe("figures", () => {
  it("are marked on an axis in steps that people count in", () => {
    expect(ticksUpTo(0.3).map(formatTick)).toEqual(["0 s", "0.1 s", "0.2 s", "0.3 s"]);
    expect(ticksUpTo(2.6).map(formatTick)).toEqual(["0 s", "1 s", "2 s", "3 s"]);
    expect(ticksUpTo(400).map(formatTick)).toEqual(["0 s", "2 min", "4 min", "6 min", "8 min"]);
    expect(ticksUpTo(0)).toEqual([0, 0.1]);
  });

  it("are in the unit that reads best", () => {
    expect([null, 940, 42_000, 60_000, 90_000, 3_600_000, 5_400_000].map(formatMs)).toEqual([
      "–",
      "0.9 s",
      "42 s",
      "1 min",
      "1 min 30 s",
      "1 h",
      "1 h 30 min",
    ]);
  });
  it("do not divide by nothing", () => {
    expect(formatShare(0, 0)).toBe("–");
    expect(changeOf(5, 0)).toBeNull();
    expect(changeOf(null, 5)).toBeNull();
    expect(changeOf(6, 4)).toBe(50);
  });
  it("are exported without formulas", () => {
    expect(
      csvOf(
        ["name", "n"],
        [
          ['=cmd("x")', -1],
          ["a,b", null],
        ],
      ),
    ).toBe('name,n\r\n"\'=cmd(""x"")",-1\r\n"a,b",');
  });
});
