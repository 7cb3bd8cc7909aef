import { expect, test } from "vitest";
import type { Attachment } from "../api/types";
import { isDrawn, pathOf, saidWith, sizeOf } from "./files";

const file = (name: string, kind: Attachment["kind"], media_type: string): Attachment => ({
  id: name,
  name,
  kind,
  media_type,
  bytes: 3,
  sha256: "ab",
});

test("a text that only stands for its files is not shown beside them", () => {
  const files = [file("garden.jpg", "image", "image/jpeg"), file("bill.pdf", "document", "application/pdf")];
  expect(saidWith("[image: garden.jpg]\n[file: bill.pdf]", files)).toBe("");
  expect(saidWith("See [image: garden.jpg]", files)).toBe("See [image: garden.jpg]");
  expect(saidWith("[image: garden.jpg]", [])).toBe("[image: garden.jpg]");
});

test("sizes and places are told as people and servers read them", () => {
  expect([sizeOf(999), sizeOf(1_400), sizeOf(26_214_400)]).toEqual(["999 B", "1 kB", "26.2 MB"]);
  expect(pathOf("a/b", "f", true)).toBe("/sessions/a%2Fb/files/f?inline=1");
  expect(isDrawn(file("a", "image", "image/heic"))).toBe(false);
});
