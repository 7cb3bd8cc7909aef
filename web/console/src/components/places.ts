// Addresses of places in the knowledge, so that an answer's source and a search's hit open the same page. Pure.
import type { Cited } from "../api/types";

/** The longest search that the server takes. */
const SEARCH_MAX_BYTES = 200;

/** The most of a question that a source's title holds, and what a character that did not fit any more may have left of it. */
const TITLE_MAX_BYTES = 128;
const CHARACTER_MAX_BYTES = 4;

const utf8 = new TextEncoder();

/** As much of a text as a search may be long, without a torn character. */
export function searchable(text: string): string {
  const { read } = utf8.encodeInto(text, new Uint8Array(SEARCH_MAX_BYTES));
  return text.slice(0, read);
}

/** The source's page, without the console's base. */
export const documentAddress = (id: string) => `/knowledge/documents/${encodeURIComponent(id)}`;

/** The source's page at the cited words. */
export function placeAddress(cited: Omit<Cited, "version"> & { version?: number }): string {
  const version = cited.version === undefined ? "" : `v=${cited.version}&`;
  return `${documentAddress(cited.document)}?${version}start=${cited.start}&end=${cited.end}`;
}

/** The questions with answers, with this one in view. */
export const faqAddress = (question: string) =>
  `/knowledge/faqs?q=${encodeURIComponent(searchable(question))}`;

/** Whether a source's title is this question: a long one is cut in it. */
export function isTitleOf(title: string, question: string): boolean {
  if (title === question) return true;
  const isCut = utf8.encode(title).length > TITLE_MAX_BYTES - CHARACTER_MAX_BYTES;
  return isCut && question.startsWith(title);
}
