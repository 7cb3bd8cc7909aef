import { describe, expect, it } from "vitest";
import { draftOf, EMPTY_FAQ, faqProblems, tidyFaq, variantsOf } from "./faqs";
import type { Unanswered } from "./types";

const group: Unanswered = {
  id: "0190",
  question: "Do you engrave mugs?",
  examples: [
    { text: "Do you engrave mugs?", session: "s1", at: "2026-11-22T12:00:00.000Z" },
    { text: "can you engrave a mug", session: "s2", at: "2026-11-22T12:01:00.000Z" },
    { text: "can you engrave a mug", session: "s3", at: "2026-11-22T12:02:00.000Z" },
  ],
  asked: 3,
  first_seen: "2026-11-22T12:00:00.000Z",
  last_seen: "2026-11-22T12:02:00.000Z",
  status: "open",
  faq: null,
};

describe("a question with its answer", () => {
  it("begins with what was asked, each way once", () => {
    expect(draftOf(group)).toEqual({
      ...EMPTY_FAQ,
      question: "Do you engrave mugs?",
      variants: ["can you engrave a mug"],
    });
  });

  it("is sent without blanks and repetitions", () => {
    expect(variantsOf(" one \n\n two\none\n")).toEqual(["one", "two"]);
    expect(tidyFaq({ question: " Q? ", variants: ["Q?", "q"], answer: " A ", url: " " })).toEqual({
      question: "Q?",
      variants: ["q"],
      answer: "A",
      url: null,
    });
  });

  it("says what is missing", () => {
    expect(faqProblems(EMPTY_FAQ)).toMatchObject({
      question: "Enter the question.",
      answer: "Enter the answer.",
    });
    expect(faqProblems({ ...EMPTY_FAQ, url: "javascript:alert(1)" }).url).not.toBeNull();
    expect(faqProblems({ question: "Q", variants: [], answer: "A", url: "https://x.example" })).toEqual({
      question: null,
      variants: null,
      answer: null,
      url: null,
    });
  });
});
