import { describe, expect, it } from "vitest";
import { placeAddress } from "../../components/places";
import { groupsOf, piecesOf, rangeOf, runsOf } from "./pieces";

describe("marked words", () => {
  it("are counted in code points, not in the units of a string", () => {
    const text = "🫖🫖 Teapots: 24 months 🎉";
    const start = Array.from(text).indexOf("2");
    expect(runsOf(text, [{ start, end: start + 9 }])).toEqual([
      { text: "🫖🫖 Teapots: ", marked: false },
      { text: "24 months", marked: true },
      { text: " 🎉", marked: false },
    ]);
  });

  it("may overlap, touch and reach beyond the text, and lose nothing of it", () => {
    const runs = runsOf("abcdef", [
      { start: 1, end: 3 },
      { start: 2, end: 4 },
      { start: 4, end: 99 },
    ]);
    expect(runs).toEqual([
      { text: "a", marked: false },
      { text: "bcdef", marked: true },
    ]);
    expect(runsOf("", [{ start: 0, end: 4 }])).toEqual([]);
  });
});

describe("a stretch of a document", () => {
  const stretch = { start: 100, text: "é🫖cdefghij" };
  const pieces = piecesOf(
    stretch,
    [{ start: 102, end: 106 }],
    [
      { number: 3, start: 90 },
      { number: 4, start: 100 },
      { number: 5, start: 104 },
    ],
    [0, 100, 108],
  );

  it("is cut where a mark, a chunk or a page begins", () => {
    expect(pieces.map(({ at, text }) => [at, text])).toEqual([
      [100, "é🫖"],
      [102, "cd"],
      [104, "ef"],
      [106, "gh"],
      [108, "ij"],
    ]);
    expect(pieces.map(({ chunks }) => chunks)).toEqual([[5], [], [6], [], []]);
    expect(pieces.map(({ pages }) => pages)).toEqual([[2], [], [], [], [3]]);
  });

  it("has one mark, also where a chunk begins in it", () => {
    const marked = groupsOf(pieces).filter((group) => group.marked);
    expect(marked.map((group) => group.pieces.map((piece) => piece.text).join(""))).toEqual(["cdef"]);
  });
});

describe("the address of a place", () => {
  it("is read as it was written", () => {
    const address = placeAddress({ document: "0190", version: 2, start: 5210, end: 5240 });
    expect(address).toBe("/knowledge/documents/0190?v=2&start=5210&end=5240");
    expect(rangeOf(address.split("?")[1] ?? "")).toEqual({ version: 2, range: { start: 5210, end: 5240 } });
  });

  it("that makes no sense is none", () => {
    for (const search of [
      "",
      "start=5",
      "start=9&end=4",
      "start=-1&end=4",
      "start=a&end=b",
      "start=1&end=1e9",
    ]) {
      expect(rangeOf(search).range, search).toBeNull();
    }
  });
});
