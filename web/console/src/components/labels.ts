// Words of the wire as people read them. An unknown word is shown as it is, so that a newer server loses nothing.
import type { OwnerKind, Priority } from "../api/types";

const channels: Record<string, string> = {
  web: "Web chat",
  whatsapp: "WhatsApp",
  email: "E-mail",
  sms: "SMS",
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

/** `order_inquiry` as "Order inquiry". */
export function words(name: string): string {
  const text = name.replace(/[_.-]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
