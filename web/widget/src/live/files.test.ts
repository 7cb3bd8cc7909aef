import { expect, it } from "vitest";
import { filesOf, saidWith, sizeOf } from "./files";

const garden = { id: "1", name: "garden.jpg", mediaType: "image/jpeg", bytes: 3, kind: "image" };

it("takes of a frame only what can be a file, and ten at most", () => {
  expect(filesOf([garden, null, {}, { ...garden, id: 7 }, "x"])).toEqual([garden]);
  expect(filesOf("x")).toEqual([]);
  expect(filesOf(Array(30).fill(garden))).toHaveLength(10);
});

it("shows no text that only stands for the files", () => {
  const bill = { ...garden, name: "bill.pdf", kind: "document" };
  expect(saidWith("[image: garden.jpg]\n[file: bill.pdf]", [garden, bill])).toBe("");
  expect(saidWith("[image: garden.jpg]", [])).toBe("[image: garden.jpg]");
  expect([sizeOf(3), sizeOf(26_214_400)]).toEqual(["1 kB", "26.2 MB"]);
});
