import { describe, expect, it } from "vitest";
import { sourcesOf } from "./sources";

describe("the sources of an answer", () => {
  it("are what has a title, each once", () => {
    const page = { title: "Returns", url: "https://shop.example/returns" };
    const sent = [page, { title: " Terms " }, page, { title: "" }, { url: "https://x.example" }, null, 7];
    expect(sourcesOf(sent)).toEqual([page, { title: "Terms" }]);
  });

  it("are few, and none where nothing fits", () => {
    expect(sourcesOf(Array.from({ length: 9 }, (_, n) => ({ title: `T${n}` })))).toHaveLength(5);
    for (const nothing of [undefined, null, "x", {}, [[]]]) expect(sourcesOf(nothing)).toEqual([]);
  });
});
