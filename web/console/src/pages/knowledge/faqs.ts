// Questions with answers while they are written. Pure; the server checks all of it again.
import type { FaqText, Unanswered } from "./types";

const VARIANTS_MAX = 50;

export const EMPTY_FAQ: FaqText = { question: "", variants: [], answer: "", url: null };

/** One a line; empty lines and repetitions say nothing. */
export function variantsOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ""))];
}

/** As it is sent: without blanks around it, and without the question among its own variants. */
export function tidyFaq(faq: Omit<FaqText, "url"> & { url: string }): FaqText {
  const question = faq.question.trim();
  return {
    question,
    variants: faq.variants.filter((variant) => variant !== question),
    answer: faq.answer.trim(),
    url: faq.url.trim() || null,
  };
}

export function faqProblems(faq: FaqText): Record<keyof FaqText, string | null> {
  const isPage = faq.url === null || /^https?:\/\/\S+$/i.test(faq.url);
  return {
    question: faq.question ? null : "Enter the question.",
    variants: faq.variants.length > VARIANTS_MAX ? `At most ${VARIANTS_MAX} other ways.` : null,
    answer: faq.answer ? null : "Enter the answer.",
    url: isPage ? null : "Enter an address such as https://shop.example/help.",
  };
}

/** What a question without an answer begins with as one that has an answer. */
export function draftOf(group: Unanswered): FaqText {
  const ways = group.examples.map((example) => example.text.trim());
  return {
    ...EMPTY_FAQ,
    question: group.question,
    variants: variantsOf(ways.filter((way) => way !== group.question).join("\n")),
  };
}
