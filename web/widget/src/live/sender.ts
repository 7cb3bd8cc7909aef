// Sends what the outbox holds, one after the other: the next goes out when the one before it is confirmed, so their order is the log's.

import type { ClientFrame, ServerFrame } from "./frames";
import type { Item, Outbox } from "./outbox";

/** Without a confirmation for so long, the socket is taken to be dead. */
const ACK_MS = 10_000;
const RETRY_MS = 3_000;

/** Refusals that pass. */
const PASSING = ["rate_limit_exceeded", "service_unavailable", "internal_error"];

export type Road = {
  online(): boolean;
  send(frame: ClientFrame): boolean;
  /** Nothing was heard of what was sent. */
  silent(): void;
  refused(id: string): void;
};

export class Sender {
  private sending: { id: string; timer: ReturnType<typeof setTimeout> } | null = null;

  constructor(
    private readonly outbox: Outbox,
    private readonly road: Road,
  ) {}

  flush(): void {
    if (this.sending || !this.road.online()) return;
    const item = this.outbox.next();
    if (!item || !this.road.send(frameOf(item))) return;
    this.sending = { id: item.id, timer: setTimeout(() => this.road.silent(), ACK_MS) };
  }

  /** Takes an answer to what is on its way. */
  settle(frame: ServerFrame): void {
    if ((frame.type === "ack" || frame.type === "message") && frame.id) this.done(frame.id);
    if (frame.type === "error") this.refused(frame.code, frame.id);
    if (!answersHandover(frame)) return;
    for (const item of this.outbox.all()) if (item.kind === "handover") this.done(item.id);
  }

  /** The socket is gone: what was on its way goes again with the next one. */
  interrupted(): void {
    clearTimeout(this.sending?.timer);
    this.sending = null;
  }

  private done(id: string): void {
    this.outbox.remove(id);
    if (this.sending?.id !== id) return;
    this.interrupted();
    this.flush();
  }

  private refused(code: string, named: string | undefined): void {
    const { sending } = this;
    if (!sending || (named !== undefined && named !== sending.id)) return;
    clearTimeout(sending.timer);
    if (PASSING.includes(code)) {
      sending.timer = setTimeout(() => {
        this.sending = null;
        this.flush();
      }, RETRY_MS);
      return;
    }
    this.road.refused(sending.id);
    this.done(sending.id);
  }
}

function frameOf(item: Item): ClientFrame {
  const { id } = item;
  const timestamp = new Date(item.at).toISOString();
  switch (item.kind) {
    case "text":
      return {
        type: "text",
        text: item.text,
        id,
        timestamp,
        ...(item.files ? { attachments: item.files.map((file) => file.id) } : {}),
      };
    case "rate":
      return { type: "rate", score: item.score, id, ...(item.comment ? { comment: item.comment } : {}) };
    case "handover":
      return { type: "handover_request", id, timestamp };
  }
}

/** Also before it could be sent: a person is on the way, or there. */
function answersHandover(frame: ServerFrame): boolean {
  if (frame.type === "handover_initiated") return true;
  const status =
    frame.type === "owner" ? frame.status : frame.type === "connection_established" ? frame.owner : null;
  return status === "waiting" || status === "with_agent";
}
