// The shapes of docs/dialects/console.md and agent-live.md, as they are on the wire.
import type { AssistantSettings } from "./assistant";

export type Role = "agent" | "admin" | "platform_admin";
export type OwnerKind = "assistant" | "queue" | "human" | "closed";
export type Priority = "urgent" | "high" | "normal" | "low";
export type AgentStatus = "available" | "busy" | "away" | "vanished";
export type Author = "customer" | "assistant" | "agent" | "notice";
export type Style = "friendly" | "formal" | "concise" | "grammar";

export interface Named {
  id: string;
  name: string;
}

export interface Account extends Named {
  email: string;
  role: Role;
}

export interface Login {
  token: string;
  expires_at: string;
  user: Account;
  organization: Named;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Target {
  target: "first_response" | "next_response" | "resolution";
  due_at: string;
  state: "running" | "paused" | "warned" | "breached";
}

export interface LastMessage {
  seq: number;
  from: Author;
  text: string;
  at: string;
}

/** How a session stands, in lists. */
export interface Summary {
  id: string;
  customer: { id: string; name: string | null };
  channel: string;
  language: string | null;
  owner: OwnerKind;
  agent: Named | null;
  epoch: number;
  seq: number;
  priority: Priority;
  skills: string[];
  team: string | null;
  intent: string | null;
  started_at: string;
  queued_at: string | null;
  place: number | null;
  offered_to: string | null;
  held: boolean;
  waiting_since: string | null;
  last: LastMessage | null;
  read_upto: number;
  customer_read_upto: number;
  unread: number;
  targets: Target[];
  rating: number | null;
}

/** A person of the staff, as the desk sees them. */
export interface Agent extends Named {
  status: AgentStatus;
  online: boolean;
  load: number;
  capacity: number;
  skills: string[];
  teams: string[];
}

export interface Colleague extends Agent {
  email: string;
  role: Role;
  active: boolean;
  last_login_at: string | null;
}

export type Team = Named;

export interface TeamList {
  agents: Colleague[];
  teams: Team[];
}

export interface Customer {
  id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  language: string | null;
  facts: Record<string, string>;
  tags: string[];
  merged_into: string | null;
  created_at: string;
  updated_at: string;
}

/** What is remembered of a customer. */
export interface Memory {
  id: string;
  type: "short_term" | "long_term";
  key: string;
  value: unknown;
  /** The value as a person reads it. */
  text: string;
  importance: number;
  source: string;
  created_at: string;
  updated_at: string;
  last_accessed: string;
  expires_at: string | null;
}

/** A legal hold: while it stands, nothing of the customer or the session is erased. */
export interface Hold {
  customer: string | null;
  session: string | null;
  reason: string | null;
  by: Named | null;
  at: string;
}

/** An erasure, and its receipt once it is done. */
export interface Erasure {
  id: string;
  cause: "request" | "retention";
  status: "running" | "done" | "compacted";
  asked_at: string;
  by: Named | null;
  counts: Record<string, number>;
  done_at: string | null;
  compacted_at: string | null;
  salt: string;
  fingerprint: string;
}

/** The ways that customers write by. */
export type Channel = "web" | "whatsapp" | "email" | "sms" | "webhook";

/** Where a customer of the web page is reached by e-mail while they are away. */
export interface MailReached {
  address: string;
  since: string;
}

/** How far a message to a customer came at the provider of their channel. */
export interface Progress {
  seq: number;
  channel: string;
  state: "waiting" | "accepted" | "sent" | "delivered" | "read" | "played" | "failed";
  /** Why it waits or failed. */
  why: string | null;
  parts: number;
  parts_gone: number;
  at: string;
}

/** For how many days conversations are kept; what is not set is kept for ever. */
export interface Retention {
  days: number | null;
  channels: Partial<Record<Channel, number>>;
}

export interface CannedReply {
  id: string;
  shortcut: string;
  title: string;
  text: string;
  team: string | null;
  updated_at: string;
}

/** A place in a document, in characters (Unicode code points) of the text of that version; `end` is behind the last. */
export interface Cited {
  document: string;
  version: number;
  start: number;
  end: number;
}

export interface Source {
  title: string;
  url: string | null;
  cited?: Cited | null;
}

export interface Recap {
  asked: string | null;
  tried: string | null;
  known: Record<string, string>;
}

export interface By {
  kind: "customer" | "agent" | "service" | "desk";
  id?: string | null;
  name?: string | null;
}

interface Durable {
  session: string;
  seq: number;
  at: string;
  position?: string;
}

/** A file that goes with a message. */
export interface Attachment {
  id: string;
  name: string;
  /** By its own look; never a page's. */
  media_type: string;
  bytes: number;
  sha256: string;
  kind: "image" | "audio" | "video" | "document" | "other";
}

export type SessionEvent = Durable &
  (
    | {
        kind: "started";
        customer?: string | Named;
        channel: string;
        language: string | null;
        name: string | null;
      }
    | {
        kind: "message";
        message_id: string;
        from: Author;
        agent?: Named | null;
        notice?: "handover" | "queued" | "fallback" | "out_of_hours" | "service" | "subscription" | null;
        text: string;
        client_id?: string | null;
        intent?: string | null;
        confidence?: number | null;
        entities?: Record<string, unknown> | null;
        sources?: Source[] | null;
        attachments?: Attachment[];
        /** When it was written, where a provider says so; `at` is when it came. */
        sent_at?: string;
        /** It came so long after it was written that whoever reads it has to know. */
        late?: boolean;
      }
    | {
        kind: "owner";
        owner: OwnerKind;
        agent: Named | null;
        epoch: number;
        reason: string | null;
        by: By | null;
      }
    | { kind: "turn_ended"; turn: number; upto: number; outcome: string }
    | {
        kind: "suggested";
        turn: number;
        upto: number;
        text: string | null;
        intent: string | null;
        confidence: number | null;
        sources: Source[];
      }
    | { kind: "condensed"; upto: number; text: string }
    | { kind: "context_reset" }
    | { kind: "parked"; parked?: { command: string; attempts: number }; command?: string; attempts?: number }
    | { kind: "note"; note_id: string; agent: Named | null; text: string; client_id?: string | null }
    | {
        kind: "routed";
        priority: Priority;
        skills: string[];
        team: string | null;
        to: string | null;
        by: By | null;
      }
    | { kind: "offered"; agent: Named | null; until: string }
    | { kind: "offer_ended"; agent: Named | null; how: string }
    | { kind: "held" | "unheld"; agent: Named | null }
    | { kind: "read"; reader: "customer" | "staff"; agent?: Named | null; upto: number }
    | { kind: "wrapped_up"; agent: Named | null; reason: string | null; summary: string | null }
    | { kind: "rating_asked" }
    | { kind: "rated"; score: number; comment: string | null }
    | { kind: "target"; target: Target["target"]; mark: "warned" | "breached" }
    | ({ kind: "summary" } & Recap)
  );

export type EventOf<K extends SessionEvent["kind"]> = Extract<SessionEvent, { kind: K }>;

export interface EventPage {
  items: SessionEvent[];
  more: boolean;
}

export interface SessionDetail {
  session: Summary;
  customer: Customer;
  viewers: Viewer[];
}

export interface Viewer extends Named {
  typing: boolean;
}

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
/** Two times of day, "09:00" to "24:00". */
export type Interval = [string, string];

export interface Hours {
  zone: string;
  week: Record<Weekday, Interval[]>;
  exceptions: { date: string; intervals: Interval[] }[];
}

export interface RoutingRule {
  intent: string | null;
  channel: string | null;
  language: string | null;
  skills: string[];
  /** Null: as it is. */
  priority: Priority | null;
  team: string | null;
}

export interface DeskSettings {
  policy: "least_loaded" | "round_robin" | "manual" | "hook";
  hook_url: string | null;
  offer_s: number;
  missed_offers_max: number;
  grace_s: number;
  capacity: number;
  sticky: boolean;
  auto_accept: boolean;
  hours: Hours | null;
  targets: {
    first_response_s: number | null;
    next_response_s: number | null;
    resolution_s: number | null;
    warn_at: number;
    only_in_hours: boolean;
  };
  rules: RoutingRule[];
  close_reasons: string[];
  rating: "human" | "always" | "never";
  texts: Record<string, string>;
}

export interface WidgetSettings {
  domains: string[];
  color: string;
  greeting: string;
  position: "left" | "right";
  title: string;
}

export interface Settings {
  desk: DeskSettings;
  assistant: AssistantSettings;
  widget: WidgetSettings;
}

export interface DashboardDay {
  day: string;
  conversations: number;
  messages: number;
  handovers: number;
  resolved_by_assistant: number;
  resolved_by_human: number;
  first_response_ms: number | null;
  wait_ms: number | null;
  rating_count: number;
  rating_sum: number;
}

export interface Dashboard {
  from: string;
  to: string;
  totals: {
    conversations: number;
    messages: number;
    handovers: number;
    resolved: number;
    resolved_by_assistant: number;
    resolved_by_human: number;
    first_response_ms: number | null;
    wait_ms: number | null;
    rating: { count: number; average: number | null; scores: [number, number, number, number, number] };
  };
  days: DashboardDay[];
  channels: { channel: string; conversations: number }[];
  intents: { intent: string; turns: number }[];
  agents: {
    id: string;
    name: string;
    sessions: number;
    first_response_ms: number | null;
    rating: number | null;
  }[];
}

export interface ActorNode {
  name: string;
  kind: string;
  state: string;
  restarts: number;
  depth: number;
  children: ActorNode[];
  more: number;
}

export interface SystemState {
  version: string;
  uptime_s: number;
  store: { engine: string; writable: boolean };
  actors: ActorNode;
  queues: { name: string; depth: number; limit: number }[];
  sockets: { customers: number; agents: number };
  restarts: { actor: string; at: string; why: string }[];
  channels: ChannelState[];
}

/** How one way of one of our numbers or addresses does. */
export interface ChannelState {
  channel: "whatsapp" | "email" | "sms" | "webhook";
  account: string;
  way: "in" | "out";
  state: "starting" | "working" | "failing" | "blocked" | "stopped";
  since: string;
  failures: number;
  error: string | null;
  worked_at: string | null;
  /** When somebody was told, while it lasts and until it has worked for half an hour. */
  alerted_at: string | null;
}

/** One of our numbers or addresses, and how what leaves from it stands. */
export interface ChannelAccount {
  id: string;
  channel: "whatsapp" | "email" | "sms" | "webhook";
  /** Null where nobody who was written to from it is known any more. */
  account: string | null;
  /** Counted up to 10,000, as `parked` is. */
  waiting: number;
  oldest_waiting_at: string | null;
  parked: number;
}

export interface Parked {
  id: string;
  session: string;
  command: string;
  attempts: number;
  at: string;
}

export interface AuditEntry {
  id: string;
  at: string;
  who: Named | null;
  act: string;
  on: string;
  address: string | null;
}
