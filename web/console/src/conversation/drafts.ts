// Unsent text, per conversation and kind: it survives leaving the conversation, a reload and a new login.
const PREFIX = "switchboard.console.draft";

const memory = new Map<string, string>();

export type DraftKind = "send" | "note";

const key = (user: string, session: string, kind: DraftKind) => `${PREFIX}.${user}.${session}.${kind}`;

export function recallDraft(user: string, session: string, kind: DraftKind): string {
  const name = key(user, session, kind);
  try {
    return sessionStorage.getItem(name) ?? memory.get(name) ?? "";
  } catch {
    return memory.get(name) ?? "";
  }
}

export function keepDraft(user: string, session: string, kind: DraftKind, text: string) {
  const name = key(user, session, kind);
  if (text) memory.set(name, text);
  else memory.delete(name);
  try {
    if (text) sessionStorage.setItem(name, text);
    else sessionStorage.removeItem(name);
  } catch {
    // Kept in memory above.
  }
}
