// The frames of docs/dialects/platform-live.md, checked where they come in: what does not fit is not a frame.

export type Position = { epoch: number; seq: number };

export type OwnerStatus = "ai" | "waiting" | "with_agent" | "closed";

type Placed = { seq?: number; epoch?: number };

export type MessageFrame = Placed & {
  type: "message";
  text: string;
  messageId: string;
  timestamp: string;
  sender: "ai" | "agent" | "customer";
  agentName?: string | null;
  id?: string;
  notice?: string;
  /** Checked where it is used: an answer is an answer without them too. */
  sources?: unknown;
  /** As above. */
  attachments?: unknown;
};

export type ServerFrame =
  | {
      type: "connection_established";
      sessionId: string;
      resumeSecret?: string;
      owner?: OwnerStatus;
      agentName?: string | null;
    }
  | { type: "resync"; position: Position }
  | MessageFrame
  | (Placed & { type: "handover_initiated"; message: string; messageId?: string; timestamp: string })
  | { type: "typing_start" }
  | { type: "typing_stop" }
  | (Placed & { type: "ack"; id?: string; messageId?: string; duplicate?: boolean })
  | { type: "error"; message: string; code: string; id?: string }
  | (Placed & { type: "owner"; status: OwnerStatus; agentName?: string | null; timestamp: string })
  | { type: "queue_position"; position: number; estimatedWaitSeconds?: number | null; open: boolean }
  | { type: "draft"; turn: number; text: string; offset: number }
  | { type: "draft_end"; turn: number }
  | { type: "read"; upto: number }
  | (Placed & { type: "rating_requested"; timestamp: string })
  | (Placed & { type: "rated"; score: number });

export type ClientFrame =
  | { type: "text"; text: string; id: string; timestamp: string; attachments?: string[] }
  | { type: "typing"; isTyping: boolean; timestamp: string }
  | { type: "handover_request"; id: string; timestamp: string }
  | { type: "rate"; score: number; comment?: string; id: string }
  | { type: "read"; seq: number };

// What each kind of frame must have for the widget to do anything with it.
const REQUIRED: Record<ServerFrame["type"], Record<string, "string" | "number" | "boolean" | "object">> = {
  connection_established: { sessionId: "string" },
  resync: { position: "object" },
  message: { text: "string", messageId: "string", sender: "string" },
  handover_initiated: { message: "string" },
  typing_start: {},
  typing_stop: {},
  ack: {},
  error: { code: "string" },
  owner: { status: "string" },
  queue_position: { position: "number" },
  draft: { turn: "number", text: "string", offset: "number" },
  draft_end: { turn: "number" },
  read: { upto: "number" },
  rating_requested: {},
  rated: { score: "number" },
};

export function parse(text: unknown): ServerFrame | null {
  if (typeof text !== "string") return null;
  let frame: Record<string, unknown>;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof frame !== "object" || frame === null || typeof frame.type !== "string") return null;
  if (!Object.keys(REQUIRED).includes(frame.type)) return null;
  const required = Object.entries(REQUIRED[frame.type as ServerFrame["type"]]);
  const fits = required.every(([name, type]) => typeof frame[name] === type && frame[name] !== null);
  return fits ? (frame as unknown as ServerFrame) : null;
}
