// How a source stands, as people read it. Pure.
import type { DocumentKind, DocumentState, KnowledgeDocument } from "./types";

const KINDS: Record<DocumentKind, string> = {
  text: "Text",
  markdown: "Markdown",
  html: "HTML",
  pdf: "PDF",
  docx: "Word",
  url: "Web page",
};
export const kindWord = (kind: DocumentKind): string => KINDS[kind] ?? kind;

export const STATE_WORDS: Record<DocumentState, string> = {
  waiting: "Waiting",
  reading: "Being read",
  indexing: "Being indexed",
  ready: "Ready",
  error: "Failed",
};

/** What will change by itself: only then it is worth asking again. */
export const isUnderWay = (document: KnowledgeDocument): boolean =>
  document.state === "waiting" || document.state === "reading" || document.state === "indexing";

/** "12 of 22 parts" while it is indexed, else nothing. */
export function progressOf(document: KnowledgeDocument): { done: number; of: number } | null {
  if (document.state !== "indexing" || document.chunks === 0) return null;
  return { done: Math.min(document.chunks_done, document.chunks), of: document.chunks };
}

/** What customers get meanwhile, where that is not the newest version. */
export function meanwhile(document: KnowledgeDocument): string | null {
  if (document.state === "ready" || document.live === document.version) return null;
  if (document.live === null) return document.state === "error" ? "Not used in answers" : null;
  return `Answers still use version ${document.live}`;
}

/** Reading again helps a page always, and a file or a text that could not be read. */
export const canRetry = (document: KnowledgeDocument): boolean =>
  document.state === "error" || (document.kind === "url" && document.state === "ready");

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** "47.1 KB". */
export function size(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 100 ? 1 : 0;
  return `${value.toLocaleString(undefined, { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

const READABLE = /\.(pdf|docx|html?|md|markdown|txt)$/i;
export const ACCEPTED = ".pdf,.docx,.html,.htm,.md,.markdown,.txt";

/** Why a file is not worth sending, before it is sent; the server looks at it again. */
export function fileProblem(file: { name: string; size: number }, maxBytes: number): string | null {
  if (!READABLE.test(file.name)) return "Only PDF, Word (.docx), HTML, Markdown and text can be read.";
  if (file.size > maxBytes) return `Larger than ${size(maxBytes)}.`;
  if (file.size === 0) return "The file is empty.";
  return null;
}

/** What is wrong with the lengths of chunks, if anything; empty fields are the organization's own lengths. */
export function chunkingProblem(chunk: number | "", overlap: number | "", usual: number): string | null {
  const length = chunk === "" ? usual : chunk;
  if (length < 50 || length > 8000) return "A chunk has 50 to 8,000 characters.";
  if (overlap !== "" && (overlap < 0 || overlap >= length))
    return "The overlap must be shorter than the chunk.";
  return null;
}
