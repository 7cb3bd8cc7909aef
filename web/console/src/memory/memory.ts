// What is remembered of a customer, and how a remembered value becomes words and words a value again.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client";
import type { Memory, Page } from "../api/types";

/** How often the list is asked for again: the assistant learns while somebody looks on. */
const REFRESH_MS = 15_000;

const path = (customer: string) => `/customers/${encodeURIComponent(customer)}/memories`;
const memoriesKey = (customer: string) => ["memories", customer] as const;

export type MemoryAction =
  | { kind: "add"; key: string; value: unknown }
  | { kind: "change"; id: string; value: unknown }
  | { kind: "forget"; id: string };

export function useMemories(customer: string) {
  return useQuery({
    queryKey: memoriesKey(customer),
    queryFn: () => api.get<Page<Memory>>(path(customer)),
    refetchInterval: REFRESH_MS,
  });
}

function act(customer: string, action: MemoryAction): Promise<unknown> {
  switch (action.kind) {
    case "add":
      return api.post<Memory>(path(customer), { key: action.key, value: action.value });
    case "change":
      return api.patch<Memory>(`${path(customer)}/${action.id}`, { value: action.value });
    case "forget":
      return api.delete(`${path(customer)}/${action.id}`);
  }
}

/** Adds, changes or forgets one, and shows the list as it is then. */
export function useMemoryAction(customer: string, done: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: MemoryAction) => act(customer, action),
    onSuccess: done,
    onSettled: () => client.invalidateQueries({ queryKey: memoriesKey(customer) }),
  });
}

/** Forgets all of it. */
export function useForgetEverything(customer: string) {
  const client = useQueryClient();
  return async () => {
    await api.delete(path(customer));
    await client.invalidateQueries({ queryKey: memoriesKey(customer) });
  };
}

/** A value as somebody would edit it: words as they are, anything else as JSON. */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What somebody typed in place of a value: words stay words, and a structure stays one as long as it is one. */
export function asValue(text: string, before: unknown): unknown {
  const typed = text.trim();
  if (typeof before === "string") return typed;
  try {
    const value: unknown = JSON.parse(typed);
    return value === null ? typed : value;
  } catch {
    return typed;
  }
}

const SOURCES: Record<string, string> = {
  conversation: "Said in a conversation",
  staff: "Noted by the team",
  model: "Noted by the assistant",
  api: "Stored by a program",
};

/** Where a memory is from, for people. */
export function sourceWords(memory: Pick<Memory, "source" | "type">): string {
  const source = SOURCES[memory.source] ?? `From ${memory.source}`;
  return memory.type === "short_term" ? `${source}, for now` : source;
}
