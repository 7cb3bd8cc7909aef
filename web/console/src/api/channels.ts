// The shapes of the routes of an organization's own channels (`/api/console/channels/webhook`), as they are on the wire.

export interface OwnChannel {
  id: string;
  name: string;
  /** Where its system brings messages, on this server. */
  inbound_path: string;
  /** Where replies go. */
  reply_url: string;
  /** Switched off, it takes nothing, and what waits for it stays. */
  enabled: boolean;
  /** Until when the secret before this one holds too. */
  previous_secret_until: string | null;
  created_at: string;
  updated_at: string;
}

/** The answer to a creation and to a rotation: the only ones that hold the secret. */
export interface OwnChannelWithSecret extends OwnChannel {
  secret: string;
}

export interface OwnChannelWanted {
  name: string;
  reply_url: string;
  enabled?: boolean;
}
