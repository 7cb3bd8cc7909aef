import { describe, expect, it } from "vitest";
import type { Summary } from "../../api/types";
import { everything } from "./everything";

function summary(id: string, minute: number, change: Partial<Summary> = {}): Summary {
  const at = `2026-11-22T10:${String(minute).padStart(2, "0")}:00.000Z`;
  const last = { seq: 2, from: "customer", text: `about ${id}`, at };
  return {
    id,
    customer: { id, name: id },
    owner: "assistant",
    seq: 2,
    started_at: at,
    last,
    ...change,
  } as Summary;
}

const ids = (list: Summary[]) => list.map((one) => one.id);
const live = (...list: Summary[]) => Object.fromEntries(list.map((one) => [one.id, one]));
const OPEN = { owner: "open", q: "" };

describe("the list of everything", () => {
  it("moves up who has just written, and adds who has just come", () => {
    const listed = [summary("b", 2), summary("a", 1)];
    const told = live(summary("a", 5, { seq: 3 }), summary("c", 6));
    expect(ids(everything(listed, told, OPEN, false))).toEqual(["c", "a", "b"]);
  });

  it("lets go of what does not fit any more", () => {
    const listed = [summary("a", 1), summary("b", 2)];
    const told = live(summary("a", 3, { seq: 4, owner: "closed" }));
    expect(ids(everything(listed, told, OPEN, false))).toEqual(["b"]);
    expect(ids(everything([], told, { owner: "closed", q: "" }, false))).toEqual(["a"]);
  });

  it("leaves the place of older ones to later pages, and takes no older word for a newer one", () => {
    const listed = [summary("b", 20, { seq: 9 }), summary("a", 10)];
    const told = live(summary("old", 3), summary("b", 15, { seq: 8 }));
    expect(ids(everything(listed, told, OPEN, true))).toEqual(["b", "a"]);
    expect(ids(everything(listed, told, OPEN, false))).toEqual(["b", "a", "old"]);
  });

  it("finds what is told by what is searched for, and keeps what the server found", () => {
    const listed = [summary("a", 1)];
    const told = live(summary("b", 2), summary("teapot", 3));
    expect(ids(everything(listed, told, { owner: "open", q: "Teapot" }, false))).toEqual(["teapot", "a"]);
  });
});
