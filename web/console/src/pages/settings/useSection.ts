// One section of the settings while it is edited. Only what was changed is kept, over whatever the server has now; a refusal
// leaves all of it as it was typed.
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../../api/client";
import type { Settings } from "../../api/types";

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
  const [patch, setPatch] = useState<Partial<Settings[K]>>({});
  const client = useQueryClient();
  const stored = settings[name];
  const value = { ...stored, ...patch };
  const dirty = JSON.stringify(value) !== JSON.stringify(stored);
  const save = useMutation({
    mutationFn: (section: Settings[K]) => api.put<Settings[K]>(`/settings/${name}`, section),
    onSuccess: (section) => {
      client.setQueryData<Settings>(key, (now) => now && { ...now, [name]: section });
      setPatch({});
      notifications.show({ message: "Saved. It counts from now on." });
    },
  });
  useWarnBeforeLeaving(dirty);
  return {
    value,
    change: (more) => setPatch((now) => ({ ...now, ...more })),
    dirty,
    save: () => save.mutate(value),
    discard: () => {
      setPatch({});
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
