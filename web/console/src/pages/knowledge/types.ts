// The shapes of the knowledge routes in docs/dialects/console.md, as they are on the wire.

export type DocumentKind = "text" | "markdown" | "html" | "pdf" | "docx" | "url";
export type DocumentState = "waiting" | "reading" | "indexing" | "ready" | "error";

export interface KnowledgeDocument {
  id: string;
  title: string;
  author: string | null;
  kind: DocumentKind;
  url: string | null;
  state: DocumentState;
  fault: string | null;
  version: number;
  /** The version that is found; null before the first. */
  live: number | null;
  chunk_chars: number;
  overlap_chars: number;
  bytes: number;
  chars: number;
  chunks: number;
  chunks_done: number;
  created_at: string;
  updated_at: string;
}

/** Characters (Unicode code points) of a text; `end` is behind the last. */
export interface Range {
  start: number;
  end: number;
}

/** A stretch of a document's text. */
export interface Stretch {
  version: number;
  language: string | null;
  /** The length of the whole text. */
  chars: number;
  /** Where each page begins in the whole text. */
  pages: number[];
  /** Where `text` begins in the whole text. */
  start: number;
  text: string;
}

export interface Chunk extends Range {
  key: string;
  number: number;
  text: string;
}

export interface Chunking {
  chunk_chars?: number;
  overlap_chars?: number;
}

export interface FaqText {
  question: string;
  variants: string[];
  answer: string;
  url: string | null;
}

export interface Faq extends FaqText {
  id: string;
  created_at: string;
  updated_at: string;
}

export interface Hit {
  key: string;
  kind: "chunk" | "faq" | "vector";
  title: string;
  text: string;
  url: string | null;
  document: string | null;
  span: Range | null;
  faq: string | null;
  external_id: string | null;
  relevance: number;
  lexical: number;
  similarity: number;
  highlights: Range[];
}

export interface Found {
  hits: Hit[];
  floor: number;
}

export interface KnowledgeStats {
  documents: Record<DocumentState, number>;
  documents_bytes: number;
  chunks: number;
  faqs: number;
  vectors: number;
  indexed: number;
  index: "empty" | "building" | "ready";
  limits: {
    file_max_bytes: number;
    documents_max: number;
    documents_max_bytes: number;
    faqs_max: number;
    vectors_max: number;
    chunk_chars: number;
    overlap_chars: number;
  };
}

export type UnansweredStatus = "open" | "answered" | "dismissed";

export interface Unanswered {
  id: string;
  question: string;
  examples: { text: string; session: string; at: string }[];
  asked: number;
  first_seen: string;
  last_seen: string;
  status: UnansweredStatus;
  faq: string | null;
}
