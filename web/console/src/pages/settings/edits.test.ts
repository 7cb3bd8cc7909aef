import { expect, test } from "vitest";
import { edited, isDirty, noEdits, rebased } from "./edits";

const stored = { persona: "Pia", style: "friendly", scope: ["mugs"] };

test("what a field was is what stood there when it was first touched", () => {
  const first = edited<typeof stored>(noEdits, { persona: "M" }, stored);
  const more = edited(first, { persona: "Max", style: "formal" }, { ...stored, persona: "Eve" });
  expect(more).toEqual({
    patch: { persona: "Max", style: "formal" },
    was: { persona: "Pia", style: "friendly" },
  });
});

test("what was changed back is no change", () => {
  const there = edited<typeof stored>(noEdits, { scope: ["mugs", "bowls"] }, stored);
  expect(isDirty(there, stored)).toBe(true);
  expect(isDirty(edited(there, { scope: ["mugs"] }, stored), stored)).toBe(false);
});

test("after somebody else's change the same edits are made over theirs", () => {
  const mine = edited<typeof stored>(noEdits, { persona: "Max" }, stored);
  expect(rebased(mine, { ...stored, persona: "Eve", style: "formal" })).toEqual({
    patch: { persona: "Max" },
    was: { persona: "Eve" },
  });
});
