// How people and sessions are named on the screen: one place, so that every page says the same.
import type { AgentStatus, OwnerKind, Priority, Summary, Target } from "../api/types";

const STATUS = {
  available: { word: "Available", color: "green" },
  busy: { word: "Busy", color: "orange" },
  away: { word: "Away", color: "gray" },
  vanished: { word: "Connection lost", color: "red" },
} as const satisfies Record<AgentStatus, { word: string; color: string }>;

export const statusWord = (status: AgentStatus): string => STATUS[status]?.word ?? status;
export const statusColor = (status: AgentStatus): string => STATUS[status]?.color ?? "gray";

const PRIORITY_WORDS: Record<Priority, string> = {
  urgent: "Urgent",
  high: "High",
  normal: "Normal",
  low: "Low",
};
export const priorityWord = (priority: Priority): string => PRIORITY_WORDS[priority] ?? priority;

const OWNER_WORDS: Record<OwnerKind, string> = {
  assistant: "Assistant",
  queue: "In the queue",
  human: "With an agent",
  closed: "Closed",
};

export function ownerText(summary: Summary): string {
  return summary.owner === "human" && summary.agent ? summary.agent.name : OWNER_WORDS[summary.owner];
}

const TARGET_WORDS: Record<Target["target"], string> = {
  first_response: "First reply",
  next_response: "Next reply",
  resolution: "Resolution",
};
export const targetWord = (target: Target["target"]): string => TARGET_WORDS[target] ?? target;

export function customerName(customer: { id: string; name: string | null }): string {
  return customer.name ?? `Visitor ${customer.id.slice(-6)}`;
}

/** "order_status" as people write it. */
export function plain(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
