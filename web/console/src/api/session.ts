// Who is logged in here: kept in localStorage so that every tab and every reload shares it.
import { useSyncExternalStore } from "react";
import type { Login } from "./types";

export type Session = Login;

export interface SessionState {
  session: Session | null;
  /** The server no longer takes the token: the password is asked for in place, and the page stays as it is. */
  expired: boolean;
}

const KEY = "switchboard.console.session";

let state: SessionState = { session: restore(), expired: false };
const listeners = new Set<() => void>();

function restore(): Session | null {
  try {
    const text = localStorage.getItem(KEY);
    return text ? (JSON.parse(text) as Session) : null;
  } catch {
    return null;
  }
}

function set(next: SessionState) {
  state = next;
  for (const listener of listeners) listener();
}

export function currentSession(): SessionState {
  return state;
}

export function signIn(login: Login) {
  try {
    localStorage.setItem(KEY, JSON.stringify(login));
  } catch {
    // A browser without storage still works; it asks again after a reload.
  }
  set({ session: login, expired: false });
}

export function signOut() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As above: nothing was kept.
  }
  set({ session: null, expired: false });
}

export function markExpired(token: string) {
  if (state.session?.token === token && !state.expired) set({ ...state, expired: true });
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): SessionState {
  return useSyncExternalStore(onSessionChange, currentSession);
}

/** The person at work. Only below the login. */
export function useMe(): Session {
  const { session } = useSession();
  if (!session) throw new Error("nobody is logged in");
  return session;
}

export function useIsAdmin(): boolean {
  const { session } = useSession();
  return session?.user.role === "admin" || session?.user.role === "platform_admin";
}

// Another tab logged in, out, or got a newer token.
if (typeof window !== "undefined") {
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) set({ session: restore(), expired: false });
  });
}
