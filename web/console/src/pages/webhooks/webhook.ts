// A webhook as it is typed, and how it stands in words. Pure.
import type { Webhook, WebhookEvent, WebhookWanted } from "../../api/webhooks";
import { urlProblem } from "../../components/addresses";
import { duration } from "../../components/time";

export const DESCRIPTION_MAX_CHARS = 200;
export const SECRET_MIN_CHARS = 16;
export const SECRET_MAX_CHARS = 256;

export const EVENTS: { name: WebhookEvent; label: string; hint: string }[] = [
  { name: "conversation.started", label: "A conversation starts", hint: "Its first message, on any channel" },
  { name: "message.received", label: "A customer writes", hint: "With the text of the message" },
  {
    name: "conversation.ended",
    label: "A conversation ends",
    hint: "And says who ended it; it may go on later",
  },
  {
    name: "error.occurred",
    label: "The assistant fails",
    hint: "A customer got the fallback instead of an answer, or work was set aside",
  },
];

export interface TypedWebhook {
  url: string;
  description: string;
  events: string[];
  enabled: boolean;
  /** Empty: the server makes one. */
  secret: string;
}

export const newWebhook: TypedWebhook = {
  url: "",
  description: "",
  events: EVENTS.map((event) => event.name),
  enabled: true,
  secret: "",
};

export const typedWebhook = ({ url, description, events, enabled }: Webhook): TypedWebhook => ({
  url,
  description: description ?? "",
  events,
  enabled,
  secret: "",
});

export type Field = "url" | "description" | "events" | "secret";

export function problemsOf(typed: TypedWebhook): Record<Field, string | null> {
  return {
    url: urlProblem(typed.url.trim()),
    description:
      [...typed.description.trim()].length > DESCRIPTION_MAX_CHARS
        ? `At most ${DESCRIPTION_MAX_CHARS} characters.`
        : null,
    events: typed.events.length === 0 ? "Choose at least one." : null,
    secret: typed.secret ? secretProblem(typed.secret) : null,
  };
}

function secretProblem(secret: string): string | null {
  if (secret.length < SECRET_MIN_CHARS || secret.length > SECRET_MAX_CHARS || !/^[!-~]+$/.test(secret))
    return `${SECRET_MIN_CHARS} to ${SECRET_MAX_CHARS} letters, digits and signs, without spaces.`;
  const encoded = /^whsec_(.*)$/.exec(secret)?.[1];
  const isBase64 = encoded === undefined || /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(encoded);
  return isBase64 && !encoded?.includes("_") ? null : "Behind whsec_ it must go on in base64.";
}

export function wantedOf(typed: TypedWebhook): WebhookWanted {
  const { url, description, events, enabled, secret } = typed;
  return {
    url: url.trim(),
    description: description.trim() || null,
    events,
    enabled,
    ...(secret ? { secret } : {}),
  };
}

/** What was really changed, so that nothing that somebody else changed meanwhile is written over; null for nothing. */
export function changesOf(typed: TypedWebhook, from: TypedWebhook): Partial<WebhookWanted> | null {
  const [wanted, was] = [wantedOf(typed), wantedOf(from)];
  const changed = Object.entries(wanted).filter(
    ([name, value]) => key(value) !== key(was[name as keyof WebhookWanted]),
  );
  return changed.length > 0 ? Object.fromEntries(changed) : null;
}

/** Events are the same in any order. */
const key = (value: unknown): string => JSON.stringify(Array.isArray(value) ? value.toSorted() : value);

/** What people call it. */
export const nameOf = ({ description, url }: Pick<Webhook, "description" | "url">): string =>
  description ?? url;

/** "4 min", since the oldest waits; null where none does. */
export function waitingFor(webhook: Webhook, now: number): string | null {
  if (webhook.waiting === 0 || !webhook.oldest_waiting_at) return null;
  return duration(Math.max(0, now - Date.parse(webhook.oldest_waiting_at)));
}
