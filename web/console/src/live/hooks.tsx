import { useMutation } from "@tanstack/react-query";
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

/** A token is renewed so long before it ends, or in the middle of what is left of it, whichever is later. */
const RENEW_BEFORE_MS = 120_000;
/** When that failed it is tried again, until the token has ended. */
const RENEW_AGAIN_MS = 5_000;
const TIMER_MAX_MS = 2 ** 31 - 1;

function renewIn(endsAt: number, now: number): number {
  const left = Math.max(0, endsAt - now);
  return Math.min(left - Math.min(RENEW_BEFORE_MS, left / 2), TIMER_MAX_MS);
}

/** One connection for the whole console, as long as somebody is logged in. */
export function LiveProvider(props: { children: ReactNode }) {
  const { user, expires_at } = useMe();
  const [store] = useState(() => new LiveStore());
  useEffect(() => {
    store.start(user.id);
    return () => store.stop();
  }, [store, user.id]);
  useEffect(() => {
    const endsAt = Date.parse(expires_at);
    let timer: ReturnType<typeof setTimeout>;
    let over = false;
    const later = (wait: number) => {
      timer = setTimeout(() => renew().catch(again), wait);
    };
    // A hiccup of the network must not cost anybody their login. What has ended asks for the password elsewhere.
    const again = () => {
      if (!over && Date.now() < endsAt) later(RENEW_AGAIN_MS);
    };
    later(renewIn(endsAt, Date.now()));
    return () => {
      over = true;
      clearTimeout(timer);
    };
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

/** A dialog's command: under way, refused with a reason, or done. `done` is not called once the dialog is gone. */
export function useCommand(type: string, done: () => void) {
  const store = useLiveStore();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (fields: Record<string, unknown>) => store.command(type, fields),
  });
  return {
    busy: isPending,
    error,
    run: (fields: Record<string, unknown>) => mutate(fields, { onSuccess: done }),
  };
}

/** What the socket says of a session where it says something, else what REST said. */
export function useSummary(session: string): Summary | undefined {
  const store = useLiveStore();
  return useSyncExternalStore(store.subscribe, () => store.getState().summaries[session]);
}
