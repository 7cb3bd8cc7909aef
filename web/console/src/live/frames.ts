// The frames of docs/dialects/agent-live.md, in both directions.
import type { Agent, AgentStatus, Named, Role, SessionEvent, Summary, Viewer } from "../api/types";

export interface Offer {
  session: string;
  until: string;
}

export interface Typist {
  kind: "customer" | "assistant" | "agent";
  id?: string;
  name?: string;
}

export interface Watch {
  session: string;
  after: number;
}

export type ServerFrame =
  | {
      type: "welcome";
      connection: string;
      agent: Named & { role: Role };
      organization: string;
      position: string;
      resumed: boolean;
      time: string;
    }
  | { type: "resync"; position: string; why: string }
  | {
      type: "desk";
      queue: Summary[];
      queue_total: number;
      mine: Summary[];
      offers: Offer[];
      agents: Agent[];
      open: boolean;
    }
  | ({ type: "event" } & SessionEvent)
  | { type: "position"; position: string }
  | { type: "lists"; sessions: Summary[]; agents: Agent[] }
  | { type: "open"; open: boolean }
  | { type: "offer"; session: Summary; until: string }
  | { type: "offer_ended"; session: string; how: string }
  | { type: "typing"; session: string; who: Typist; active: boolean }
  | { type: "viewers"; session: string; viewers: Viewer[] }
  | { type: "draft"; session: string; turn: number; text: string; offset: number }
  | { type: "draft_ended"; session: string; turn: number }
  | Ack
  | ErrorFrame;

export interface Ack {
  type: "ack";
  id: string;
  session?: Summary;
  [field: string]: unknown;
}

export interface ErrorFrame {
  type: "error";
  id: string | null;
  code: string;
  message: string;
  field: string | null;
}

export interface Hello {
  type: "hello";
  after?: string;
  watch: Watch[];
  status?: AgentStatus;
  scope: "mine" | "all";
}

/** Why a command had no effect. `lost` means that nobody knows: the connection went before the answer came. */
export class CommandError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly field: string | null = null,
  ) {
    super(message);
    this.name = "CommandError";
  }
}

/** Positions are opaque, but ordered as numbers; they may be longer than a double can hold. */
export function isNewer(position: string, than: string | null): boolean {
  if (than === null) return true;
  if (position.length !== than.length) return position.length > than.length;
  return position > than;
}
