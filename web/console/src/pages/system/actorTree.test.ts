import { describe, expect, it } from "vitest";
import type { ActorNode } from "../../api/types";
import { actorRows, openAtFirst, tally } from "./actorTree";

const node = (name: string, children: ActorNode[] = [], more: Partial<ActorNode> = {}): ActorNode => ({
  name,
  kind: "session",
  state: "running",
  restarts: 0,
  depth: 0,
  children,
  more: 0,
  ...more,
});
const broken = node("b", [], { state: "restarting", restarts: 2 });
const root = node("root", [node("shards", [node("one", [broken, node("c")], { more: 40 })]), node("desk")]);

describe("the actor tree", () => {
  it("names rows by their path and says what was left out", () => {
    const one = actorRows(root)[0]?.children?.[0]?.children?.[0];
    expect(one?.value).toBe("root/shards/one");
    expect(one?.children?.map((row) => row.value)).toEqual([
      "root/shards/one/b",
      "root/shards/one/c",
      "root/shards/one/…",
    ]);
    expect(one?.children?.[2]?.more).toBe(40);
  });
  it("opens the way to what does not run", () => {
    const open = openAtFirst(root);
    expect(open["root/shards/one"]).toBe(true);
    expect(openAtFirst(node("root", [node("a", [node("b", [node("c")])])]))["root/a/b"]).toBe(false);
  });
  it("counts also those that are not shown", () => {
    expect(tally(root)).toEqual({ actors: 46, unwell: 1, restarts: 2 });
  });
});
