import { useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useSession } from "../api/session";
import type { Summary, Viewer } from "../api/types";
import { useLiveStore } from "../live/hooks";
import type { SessionLog } from "../live/log";
import type { OutboxItem } from "../live/outbox";
import type { AnswerDraft, LiveState, TypingNow } from "../live/state";

export interface OpenConversation {
  summary: Summary | undefined;
  log: SessionLog | undefined;
  mine: boolean;
  draft: AnswerDraft | undefined;
  typing: TypingNow[];
  viewers: Viewer[];
  outbox: OutboxItem[];
  error: Error | null;
  retry: () => void;
}

const NOBODY: never[] = [];

/** Keeps a conversation open as long as it is on the screen. */
export function useConversation(id: string): OpenConversation {
  const store = useLiveStore();
  const { session } = useSession();
  useEffect(() => store.watch(id), [store, id]);
  const load = useQuery({
    queryKey: ["log", id],
    queryFn: async () => {
      await store.loadIfNeeded(id);
      return true;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const summary = usePart((state) => state.summaries[id]);
  return {
    summary,
    log: usePart((state) => state.logs[id]),
    mine: summary?.owner === "human" && summary.agent?.id === session?.user.id,
    draft: usePart((state) => state.drafts[id]),
    typing: usePart((state) => state.typing[id] ?? NOBODY),
    viewers: usePart((state) => state.viewers[id] ?? NOBODY),
    outbox: usePart((state) => state.outbox),
    error: load.error,
    retry: () => void load.refetch(),
  };
}

/** Another conversation's news renders nothing here. */
function usePart<T>(part: (state: LiveState) => T): T {
  const store = useLiveStore();
  return useSyncExternalStore(store.subscribe, () => part(store.getState()));
}
