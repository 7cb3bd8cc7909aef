// Canned replies: which fit what was typed after "/", and their text with the placeholders filled. Pure.
import type { CannedReply } from "../api/types";

const SHOWN_MAX = 8;

export interface Placeholders {
  customer: string | null;
  agent: string;
}

/** What was typed after the slash when the text is a search for a canned reply, else null. */
export function cannedQuery(text: string): string | null {
  const match = /^\/([^\s/]*)$/.exec(text);
  return match ? (match[1] ?? "") : null;
}

/** Shortcuts that begin with the query come first, then those that hold it anywhere. */
export function fitting(replies: CannedReply[], query: string): CannedReply[] {
  const wanted = query.toLowerCase();
  const rank = (reply: CannedReply) => {
    if (reply.shortcut.startsWith(wanted)) return 0;
    if (reply.shortcut.includes(wanted) || reply.title.toLowerCase().includes(wanted)) return 1;
    return reply.text.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return replies
    .map((reply) => ({ reply, rank: rank(reply) }))
    .filter((one) => one.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.reply.shortcut.localeCompare(b.reply.shortcut))
    .slice(0, SHOWN_MAX)
    .map((one) => one.reply);
}

/** A name that nobody knows leaves no gap in the sentence: "Hello {{customer.name}}," becomes "Hello,". */
export function filled(text: string, placeholders: Placeholders): string {
  const values: Record<string, string> = {
    "customer.name": placeholders.customer ?? "",
    "agent.name": placeholders.agent,
  };
  return text.replace(/( ?)\{\{\s*([a-z._]+)\s*\}\}/g, (_whole, space: string, name: string) => {
    const value = values[name] ?? "";
    return value ? space + value : "";
  });
}
