// The shapes of the webhook routes (`/api/console/webhooks`), as they are on the wire.

/** The events that this page knows; a newer server may have others. */
export type WebhookEvent =
  | "conversation.started"
  | "message.received"
  | "conversation.ended"
  | "error.occurred";

export interface Webhook {
  id: string;
  url: string;
  description: string | null;
  events: string[];
  enabled: boolean;
  /** Why it was switched off where nobody did it. */
  given_up: { at: string; why: string } | null;
  /** Until when deliveries are signed with the secret before this one too. */
  previous_secret_until: string | null;
  /** Counted up to 100,000, as `parked` is. */
  waiting: number;
  oldest_waiting_at: string | null;
  parked: number;
  created_at: string;
  updated_at: string;
}

/** The answer to a creation and to a rotation: the only ones that hold the secret. */
export interface WebhookWithSecret extends Webhook {
  secret: string;
}

export interface WebhookWanted {
  url: string;
  /** Null: none. */
  description: string | null;
  events: string[];
  enabled: boolean;
  /** For a new one only; unless given, the server makes one. */
  secret?: string;
}

export type DeliveryState = "waiting" | "parked" | "finished";

export interface Attempt {
  at: string;
  /** Null where nothing was answered. */
  status: number | null;
  /** The beginning of what the receiver answered, or why it did not. */
  text: string;
  took_ms: number;
}

export interface Delivery {
  /** The `webhook-id` of every try. */
  id: string;
  /** Its place among the webhook's deliveries, and its name in addresses. */
  number: string;
  event: string;
  conversation_id: string;
  seq: number;
  event_at: string;
  state: DeliveryState;
  queued_at: string;
  attempts: number;
  /** Set where the receiver refused this delivery by itself. */
  next_attempt_at: string | null;
  parked_because: string | null;
  last_attempt: Attempt | null;
}

export interface Pinged {
  delivered: boolean;
  attempt: Attempt;
}
