// Words of the wire as people read them. An unknown word is shown as it is, so that a newer server loses nothing.
import type { OwnerKind, Priority } from "../api/types";

const channels: Record<string, string> = {
  web: "Web chat",
  whatsapp: "WhatsApp",
  email: "E-mail",
  sms: "SMS",
  webhook: "Own channel",
  api: "API",
};

export function channelLabel(channel: string): string {
  return channels[channel] ?? words(channel);
}

export const ownerLabels: Record<OwnerKind, string> = {
  assistant: "With the assistant",
  queue: "Waiting in the queue",
  human: "With a person",
  closed: "Closed",
};

export const priorityLabels: Record<Priority, string> = {
  urgent: "Urgent",
  high: "High",
  normal: "Normal",
  low: "Low",
};

const spelled: Record<string, string> = { api: "API", csv: "CSV", id: "id", sms: "SMS" };

/** `order_inquiry` as "Order inquiry". */
export function words(name: string): string {
  const text = name
    .replace(/[_.-]+/g, " ")
    .trim()
    .replace(/\w+/g, (word) => spelled[word] ?? word);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "1 chunk", "22 chunks". */
export const count = (number: number, one: string, more = `${one}s`): string =>
  `${number.toLocaleString()} ${number === 1 ? one : more}`;

/** `canned_reply refund` as "Canned reply: refund"; who was changed needs no kind. */
export function targetOf(on: string): string {
  const [kind = "", ...rest] = on.split(" ");
  const name = rest.join(" ");
  if (!name || kind === "user") return name || words(kind);
  return `${words(kind)}: ${name}`;
}
