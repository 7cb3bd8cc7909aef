// One section of the settings while it is edited. Only what was changed is kept and sent, over whatever the server has now, with
// what it was when somebody began to change it: what another person changed meanwhile is not written over unseen. A refusal
// leaves all of it as it was typed.
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError, api } from "../../api/client";
import type { Settings } from "../../api/types";
import { type Edits, edited, isDirty, noEdits, rebased } from "./edits";

const key = ["settings"];

export function useSettings() {
  return useQuery({ queryKey: key, queryFn: () => api.get<Settings>("/settings") });
}

export interface Edited<T> {
  value: T;
  change: (patch: Partial<T>) => void;
  dirty: boolean;
  save: () => void;
  discard: () => void;
  saving: boolean;
  error: unknown;
}

export function useSection<K extends keyof Settings>(name: K, settings: Settings): Edited<Settings[K]> {
  const [edits, setEdits] = useState<Edits<Settings[K]>>(noEdits);
  const client = useQueryClient();
  const stored = settings[name];
  const dirty = isDirty(edits, stored);
  const save = useMutation({
    mutationFn: ({ patch, was }: Edits<Settings[K]>) =>
      api.put<Settings[K]>(`/settings/${name}`, { ...patch, was }),
    onSuccess: (section) => {
      client.setQueryData<Settings>(key, (now) => now && { ...now, [name]: section });
      setEdits(noEdits);
      notifications.show({ message: "Saved. It counts from now on." });
    },
    onError: async (error) => {
      if (!(error instanceof ApiError) || error.code !== "conflict") return;
      // Whoever saves once more has been told, and does it knowingly.
      const read = () => api.get<Settings>("/settings");
      const now = await client.fetchQuery({ queryKey: key, queryFn: read, staleTime: 0 });
      setEdits((mine) => rebased(mine, now[name]));
    },
  });
  useWarnBeforeLeaving(dirty);
  return {
    value: { ...stored, ...edits.patch },
    change: (more) => setEdits((now) => edited(now, more, stored)),
    dirty,
    save: () => save.mutate(edits),
    discard: () => {
      setEdits(noEdits);
      save.reset();
    },
    saving: save.isPending,
    error: save.error,
  };
}

function useWarnBeforeLeaving(dirty: boolean) {
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
}
