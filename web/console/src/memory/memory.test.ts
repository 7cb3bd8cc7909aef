import { describe, expect, it } from "vitest";
import { asText, asValue, sourceWords } from "./memory";

describe("a remembered value", () => {
  it("is edited as words where it is words, and as JSON where it is not", () => {
    expect(asText("express")).toBe("express");
    expect(asText({ tier: "gold" })).toBe('{"tier":"gold"}');
    expect(asText(7)).toBe("7");
  });
  it("stays what it was when it is edited", () => {
    expect(asValue(" 7 ", "5")).toBe("7");
    expect(asValue("7", 5)).toBe(7);
    expect(asValue('["a","b"]', ["a"])).toEqual(["a", "b"]);
  });
  it("becomes words where it is no structure any more, and never nothing", () => {
    expect(asValue("not json", { a: 1 })).toBe("not json");
    expect(asValue("null", { a: 1 })).toBe("null");
  });
  it("says where it is from", () => {
    expect(sourceWords({ source: "conversation", type: "long_term" })).toBe("Said in a conversation");
    expect(sourceWords({ source: "crm", type: "short_term" })).toBe("From crm, for now");
  });
});
