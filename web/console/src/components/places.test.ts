import { describe, expect, it } from "vitest";
import { faqAddress, isTitleOf, searchable } from "./places";

describe("a question in the knowledge", () => {
  it("is looked for by as much of it as the server takes, in whole characters", () => {
    expect(searchable("Do you wrap gifts?")).toBe("Do you wrap gifts?");
    expect(searchable("a".repeat(300))).toHaveLength(200);
    expect(searchable(`a${"é".repeat(150)}`)).toBe(`a${"é".repeat(99)}`);
    expect(searchable(`abc${"🙂".repeat(60)}`)).toBe(`abc${"🙂".repeat(49)}`);
    expect(faqAddress("Hin & zurück?")).toBe("/knowledge/faqs?q=Hin%20%26%20zur%C3%BCck%3F");
  });

  it("is known by the title of a source, which cuts a long one", () => {
    const long = `May I ${"really ".repeat(30)}?`;
    expect(isTitleOf("Do you wrap gifts?", "Do you wrap gifts?")).toBe(true);
    expect(isTitleOf("Do you wrap", "Do you wrap gifts?")).toBe(false);
    expect(isTitleOf(long.slice(0, 128), long)).toBe(true);
    expect(isTitleOf(`${long.slice(0, 127)}x`, long)).toBe(false);
  });
});
