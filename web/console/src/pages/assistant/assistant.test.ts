import { expect, test } from "vitest";
import type { ModelSettings } from "../../api/assistant";
import { hostOf, languageChoices, patternProblem, tidy } from "./guardrails";
import { changeOf, keyIsLost, typedOf, wasOf } from "./model";

const stored: ModelSettings = {
  base_url: "https://models.example/v1",
  model: "support-8b",
  temperature: 0.2,
  answer_max_tokens: null,
  has_key: true,
  asked: "support-8b",
};

test("only what is another one is sent, and what was emptied is taken away", () => {
  const typed = typedOf(stored);
  expect(changeOf(stored, typed)).toEqual({});
  expect(changeOf(stored, { ...typed, model: " next-8b ", temperature: "" })).toEqual({
    model: "next-8b",
    temperature: null,
  });
  expect(changeOf(stored, { ...typed, api_key: "sk" })).toEqual({ api_key: "sk" });
});

test("what is changed goes with what it was", () => {
  const change = changeOf(stored, {
    ...typedOf(stored),
    model: "next-8b",
    answer_max_tokens: 400,
    api_key: "sk",
  });
  expect(wasOf(stored, change)).toEqual({ model: "support-8b", answer_max_tokens: null });
});

test("who changes the address is told that the key does not follow", () => {
  const elsewhere = { ...typedOf(stored), base_url: "https://other.example/v1" };
  expect(keyIsLost(stored, elsewhere)).toBe(true);
  expect(keyIsLost(stored, { ...elsewhere, api_key: "sk" })).toBe(false);
  expect(keyIsLost(stored, typedOf(stored))).toBe(false);
});

test("what is pasted becomes a host, and topics are kept once", () => {
  expect(hostOf(" https://Shop.example/returns?x=1 ")).toBe("shop.example");
  expect(tidy([" politics ", "politics", " "], 80)).toEqual(["politics"]);
});

test("a shape needs a name of letters and an expression", () => {
  expect(patternProblem({ name: "member", pattern: "M-\\d+" })).toEqual({ name: null, pattern: null });
  const { name, pattern } = patternProblem({ name: "Member 1", pattern: " " });
  expect([name, pattern]).not.toContain(null);
});

test("languages are known by their names", () => {
  expect(languageChoices).toHaveLength(34);
  expect(languageChoices).toContainEqual({ value: "de", label: "German" });
});
