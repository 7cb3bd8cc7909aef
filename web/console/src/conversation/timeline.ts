// The events of a session as the rows of the screen. One shown event is one row, whatever stands beside it, so rows that
// are loaded upwards never move those below. Pure.
import type { By, EventOf, SessionEvent } from "../api/types";
import { channelLabel } from "../components/labels";

export type RowBody =
  | { kind: "message"; event: EventOf<"message"> }
  | { kind: "note"; event: EventOf<"note"> }
  | { kind: "marker"; text: string; detail: string | null; tone: "quiet" | "warn" | "bad" };

export type Row = RowBody & {
  key: string;
  seq: number;
  at: string;
  /** The first row of its day carries the day. */
  newDay: boolean;
  /** Same author as the row above, shortly after: no name again. */
  follows: boolean;
};

const GROUP_MS = 5 * 60_000;

export function rowsOf(events: SessionEvent[]): Row[] {
  const rows: Row[] = [];
  for (const event of events) {
    const body = bodyOf(event);
    if (!body) continue;
    const above = rows.at(-1);
    const newDay = !above || dayOf(above.at) !== dayOf(event.at);
    const follows = !newDay && above !== undefined && isFollowed(above, body, event.at);
    rows.push({ ...body, key: String(event.seq), seq: event.seq, at: event.at, newDay, follows });
  }
  return rows;
}

const days = new Map<string, string>();

/** The local day; the zone's arithmetic is slow, so each hour of UTC is asked for once. */
function dayOf(at: string): string {
  const hour = at.slice(0, 13);
  let day = days.get(hour);
  if (!day) {
    day = new Date(at).toDateString();
    days.set(hour, day);
  }
  return day;
}

function isFollowed(above: Row, body: RowBody, at: string): boolean {
  if (above.kind !== "message" || body.kind !== "message") return false;
  const same =
    above.event.from === body.event.from &&
    above.event.agent?.id === body.event.agent?.id &&
    body.event.from !== "notice";
  return same && Date.parse(at) - Date.parse(above.at) < GROUP_MS;
}

function bodyOf(event: SessionEvent): RowBody | null {
  if (event.kind === "message") return { kind: "message", event };
  if (event.kind === "note") return { kind: "note", event };
  return markerOf(event);
}

function marker(
  text: string,
  detail: string | null = null,
  tone: "quiet" | "warn" | "bad" = "quiet",
): RowBody {
  return { kind: "marker", text, detail, tone };
}

function markerOf(event: SessionEvent): RowBody | null {
  switch (event.kind) {
    case "started":
      return marker(`Conversation started (${channelLabel(event.channel)})`);
    case "owner":
      return marker(ownerChange(event), null);
    case "held":
      return marker(`${event.agent?.name ?? "An agent"} put the conversation on hold`);
    case "unheld":
      return marker(`${event.agent?.name ?? "An agent"} took the conversation off hold`);
    case "wrapped_up":
      return marker(
        `${event.agent?.name ?? "An agent"} wrapped up${event.reason ? `: ${event.reason}` : ""}`,
        event.summary,
      );
    case "rating_asked":
      return marker("The customer was asked for a rating");
    case "rated":
      return marker(`The customer rated ${event.score} of 5`, event.comment);
    case "routed":
      return marker(routing(event));
    case "target":
      return event.mark === "breached"
        ? marker(`The target for the ${targetPhrase(event.target)} was missed`, null, "bad")
        : marker(`The target for the ${targetPhrase(event.target)} is near`, null, "warn");
    case "summary":
      return marker("A summary was made for whoever takes over");
    case "context_reset":
      return marker("The assistant's memory of this conversation was emptied");
    case "parked":
      return marker("Some work on this conversation was set aside after failures", null, "bad");
    default:
      return null;
  }
}

const targetPhrase = (target: string) => target.replace("_response", " reply");

const byWhom = (by: By | null) => (by?.name ? ` by ${by.name}` : "");

function ownerChange(event: EventOf<"owner">): string {
  const why = event.reason ? `: ${event.reason.replaceAll("_", " ").replace(/\.$/, "")}` : "";
  switch (event.owner) {
    case "assistant":
      return `Handed to the assistant${byWhom(event.by)}${why}`;
    case "queue":
      return `Put in the queue${byWhom(event.by)}${why}`;
    case "human":
      return `${event.agent?.name ?? "An agent"} took the conversation${why}`;
    case "closed":
      return `Closed${byWhom(event.by)}${why}`;
  }
}

function routing(event: EventOf<"routed">): string {
  const parts = [`priority ${event.priority}`];
  if (event.skills.length > 0) parts.push(`skills ${event.skills.join(", ")}`);
  return `Routed${byWhom(event.by)}: ${parts.join("; ")}`;
}

/** Up to where the customer has read, by the log; the summary may know more. */
export function customerRead(events: SessionEvent[]): number {
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at];
    if (event?.kind === "read" && event.reader === "customer") return event.upto;
  }
  return 0;
}

/** The newest message of the staff or the assistant that the customer has read. */
export function lastRead(rows: Row[], upto: number): number | null {
  for (let at = rows.length - 1; at >= 0; at--) {
    const row = rows[at];
    if (row?.kind === "message" && row.seq <= upto && ["agent", "assistant"].includes(row.event.from))
      return row.seq;
  }
  return null;
}

/** The assistant's proposal for what the customer said last, unless somebody has answered since. */
export function currentSuggestion(events: SessionEvent[]): EventOf<"suggested"> | null {
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at];
    if (event?.kind === "suggested") return event.text ? event : null;
    if (event?.kind === "message" && event.from !== "notice") return null;
  }
  return null;
}

export function latestRecap(events: SessionEvent[]): EventOf<"summary"> | null {
  return (events.findLast((event) => event.kind === "summary") as EventOf<"summary"> | undefined) ?? null;
}

export function lastCustomerMessage(events: SessionEvent[]): number {
  return events.findLast((event) => event.kind === "message" && event.from === "customer")?.seq ?? 0;
}
