// A webhook as it is typed, and how it and its deliveries stand in words. Pure.
import type {
  Attempt,
  Delivery,
  DeliveryState,
  Webhook,
  WebhookEvent,
  WebhookWanted,
} from "../../api/webhooks";
import { words } from "../../components/labels";
import { duration } from "../../components/time";

export const URL_MAX_BYTES = 2048;
export const DESCRIPTION_MAX_CHARS = 200;
export const SECRET_MIN_CHARS = 16;
export const SECRET_MAX_CHARS = 256;
/** How far the server counts. */
const COUNTED_MAX = 100_000;

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

function urlProblem(text: string): string | null {
  const example = "Enter a full address, such as https://shop.example.com/hooks.";
  if (!/^https?:\/\/\S+$/i.test(text)) return example;
  if (new TextEncoder().encode(text).length > URL_MAX_BYTES) return "This is longer than an address may be.";
  try {
    const { username, password } = new URL(text);
    return username || password ? "The address must hold no name and no password." : null;
  } catch {
    return example;
  }
}

function secretProblem(secret: string): string | null {
  if (secret.length < SECRET_MIN_CHARS || secret.length > SECRET_MAX_CHARS || !/^[!-~]+$/.test(secret))
    return `${SECRET_MIN_CHARS} to ${SECRET_MAX_CHARS} letters, digits and signs, without spaces.`;
  const encoded = /^whsec_(.*)$/.exec(secret)?.[1];
  const isBase64 = encoded === undefined || /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(encoded);
  return isBase64 && !encoded?.includes("_") ? null : "Behind whsec_ it must go on in base64.";
}

/** Whether everybody on the way could read what is sent. */
export const isOpen = (url: string): boolean => /^http:\/\//i.test(url.trim());

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

/** "12", and "100,000+" where the server counts no further. */
export const counted = (number: number): string =>
  `${Math.min(number, COUNTED_MAX).toLocaleString()}${number >= COUNTED_MAX ? "+" : ""}`;

/** "1 delivery", "12 deliveries". */
export const deliveries = (number: number): string =>
  `${counted(number)} ${number === 1 ? "delivery" : "deliveries"}`;

/** "4 min", since the oldest waits; null where none does. */
export function waitingFor(webhook: Webhook, now: number): string | null {
  if (webhook.waiting === 0 || !webhook.oldest_waiting_at) return null;
  return duration(Math.max(0, now - Date.parse(webhook.oldest_waiting_at)));
}

/** What an administrator most likely comes for. */
export function firstState(webhook: Pick<Webhook, "waiting" | "parked">): DeliveryState {
  if (webhook.parked > 0) return "parked";
  return webhook.waiting > 0 ? "waiting" : "finished";
}

export const STATES: { value: DeliveryState; label: string }[] = [
  { value: "waiting", label: "Waiting" },
  { value: "parked", label: "Parked" },
  { value: "finished", label: "Finished" },
];

export const stateLabel = (state: DeliveryState): string =>
  STATES.find(({ value }) => value === state)?.label ?? words(state);

export const stateOf = (text: string | undefined): DeliveryState | null =>
  STATES.find((state) => state.value === text)?.value ?? null;

const PARKED: Record<string, string> = {
  refused: "Refused on every try",
  too_old: "Older than three days and still not taken",
  impossible: "Can never be delivered",
};
export const parkedWord = (why: string): string => PARKED[why] ?? words(why);

/** When a delivery is tried next, as far as it is known. */
export function nextTry(delivery: Delivery, isEnabled: boolean, now: number): string {
  if (!isEnabled) return "When the webhook is switched on";
  if (delivery.next_attempt_at) {
    const left = Date.parse(delivery.next_attempt_at) - now;
    return left > 0 ? `Next try in ${duration(left)}` : "Next try now";
  }
  return delivery.attempts === 0 ? "In its turn" : "When the receiver works again";
}

export const wasTaken = ({ status }: Attempt): boolean => status !== null && status >= 200 && status < 300;

/** "Status 422", or that there was no answer; why stands in the text. */
export const answerWord = ({ status }: Attempt): string =>
  status === null ? "No answer" : `Status ${status}`;

/** "24 ms", "3.2 s". */
export const took = ({ took_ms }: Attempt): string =>
  took_ms < 1000
    ? `${took_ms} ms`
    : `${(took_ms / 1000).toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;

/** "1 try", "3 tries". */
export const tries = (number: number): string =>
  `${number.toLocaleString()} ${number === 1 ? "try" : "tries"}`;
