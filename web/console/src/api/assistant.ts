// The shapes of docs/dialects/console.md that are about the assistant, its model and its tools, and what they cost.

/** A shape that only the organization knows, such as a member's number. */
export interface PiiPattern {
  name: string;
  pattern: string;
}

export interface AssistantSettings {
  auto_reply: boolean;
  reply_max_chars: number;
  confidence_floor: number;
  style: string;
  prohibited_topics: string[];
  scope: string[];
  fallback_message: string;
  /** Null: the customer's. */
  language: string | null;
  no_promises: boolean;
  pii: string[];
  pii_patterns: PiiPattern[];
  persona: string;
  link_hosts: string[];
}

/** The organization's own model; what is null is the installation's. */
export interface ModelSettings {
  base_url: string | null;
  model: string | null;
  temperature: number | null;
  answer_max_tokens: number | null;
  has_key: boolean;
  /** The model that is asked now; null: none is, and the builtin assistant answers. */
  asked: string | null;
}

/** What is not sent stays; null takes away. */
export type ModelChange = Partial<ModelFields> & { api_key?: string | null };

export type ModelFields = Omit<ModelSettings, "has_key" | "asked">;

export type ToolMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Tool {
  id: string;
  name: string;
  description: string;
  arguments: Record<string, unknown>;
  method: ToolMethod;
  url: string;
  /** Without their values, which go in and never come out. */
  headers: { name: string }[];
  timeout_ms: number;
  response_max_bytes: number;
  enabled: boolean;
  updated_at: string;
}

/** A header without a value keeps the one that it has. */
export type ToolWanted = Omit<Tool, "id" | "headers" | "updated_at"> & {
  headers: { name: string; value?: string }[];
  updated_at?: string;
};

export interface ToolAnswer {
  succeeded: boolean;
  status: number | null;
  result: unknown;
}

export type CostGroup = "service" | "model" | "channel" | "assistant" | "day" | "session";

export interface CostFigures {
  calls: number;
  prompt_tokens: number;
  completion_tokens: number;
  cost_micros: number;
  cost: number;
  estimated_micros: number;
}

export interface CostRow extends CostFigures {
  key: string;
  percentage: number;
}

export interface CostReport {
  from: string;
  to: string;
  currency: string;
  group_by: CostGroup;
  total: CostFigures;
  rows: CostRow[];
}

export interface Budget {
  currency: string;
  /** Null: there is no end to it. */
  monthly: number | null;
  /** In percent, ascending. */
  warn_at: number[];
  /** `2026-11` */
  month: string;
  spent: number;
  /** What running answers may cost besides. */
  reserved: number;
  percent_used: number | null;
  /** While it is spent the builtin assistant answers. */
  state: "open" | "spent";
  warnings: { percent: number; at: string }[];
}

export interface CacheCounts {
  entries: number;
  hits: number;
  misses: number;
  /** Turns that are no question for the cache. */
  passed: number;
  hit_rate: number;
}

export interface CacheState extends CacheCounts {
  bytes: number;
  channels: (CacheCounts & { channel: string })[];
  top_queries: { query: string; hits: number }[];
}
