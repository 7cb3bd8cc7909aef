import { useEffect, useRef } from "react";
import { useLiveStore } from "../live/hooks";

/** Said again so often while somebody types, and taken back after so long without a key. */
const REPEAT_MS = 3_000;
const IDLE_MS = 5_000;

export function useTypingSignal(session: string) {
  const store = useLiveStore();
  const said = useRef(0);
  const idle = useRef<ReturnType<typeof setTimeout>>(undefined);

  const stopped = () => {
    clearTimeout(idle.current);
    if (said.current > 0) store.typing(session, false);
    said.current = 0;
  };
  const typed = (text: string) => {
    if (!text || text.startsWith("/")) {
      stopped();
      return;
    }
    const now = Date.now();
    if (now - said.current > REPEAT_MS) {
      store.typing(session, true);
      said.current = now;
    }
    clearTimeout(idle.current);
    idle.current = setTimeout(stopped, IDLE_MS);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only leaving the conversation ends it
  useEffect(() => stopped, [session]);
  return { typed, stopped };
}
