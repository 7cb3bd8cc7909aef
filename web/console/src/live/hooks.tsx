import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";
import { renew } from "../api/client";
import { useMe } from "../api/session";
import type { Summary } from "../api/types";
import type { LiveState } from "./state";
import { LiveStore } from "./store";

const LiveContext = createContext<LiveStore | null>(null);

/** A token is renewed so long before it ends. */
const RENEW_BEFORE_MS = 120_000;
const TIMER_MAX_MS = 2 ** 31 - 1;

/** One connection for the whole console, as long as somebody is logged in. */
export function LiveProvider(props: { children: ReactNode }) {
  const { user, expires_at } = useMe();
  const [store] = useState(() => new LiveStore());
  useEffect(() => {
    store.start(user.id);
    return () => store.stop();
  }, [store, user.id]);
  useEffect(() => {
    const wait = Math.max(1_000, Date.parse(expires_at) - Date.now() - RENEW_BEFORE_MS);
    const timer = setTimeout(() => renew().catch(() => undefined), Math.min(wait, TIMER_MAX_MS));
    return () => clearTimeout(timer);
  }, [expires_at]);
  return <LiveContext.Provider value={store}>{props.children}</LiveContext.Provider>;
}

export function useLiveStore(): LiveStore {
  const store = useContext(LiveContext);
  if (!store) throw new Error("there is no live connection above this component");
  return store;
}

/** `select` must give the same value for the same state: a part of it, or something primitive. */
export function useLive<T>(select: (state: LiveState) => T): T {
  const store = useLiveStore();
  return useSyncExternalStore(
    store.subscribe,
    useCallback(() => select(store.getState()), [store, select]),
  );
}

/** What the socket says of a session where it says something, else what REST said. */
export function useSummary(session: string): Summary | undefined {
  const store = useLiveStore();
  return useSyncExternalStore(store.subscribe, () => store.getState().summaries[session]);
}
