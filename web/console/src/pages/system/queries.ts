import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { AuditEntry, ChannelAccount, Page, Parked, SystemState } from "../../api/types";

const REFRESH_MS = 5_000;
const PAGE_SIZE = 50;

export function useSystem(live: boolean) {
  return useQuery({
    queryKey: ["system"],
    queryFn: () => api.get<SystemState>("/system"),
    refetchInterval: live && REFRESH_MS,
  });
}

export const accountsKey = ["channel-accounts"];
export const accountPath = (id: string) => `/channels/accounts/${encodeURIComponent(id)}`;

/** All of them: there are few. */
export function useChannelAccounts() {
  return useQuery({
    queryKey: accountsKey,
    queryFn: async () => (await api.get<{ items: ChannelAccount[] }>("/channels/accounts")).items,
    refetchInterval: REFRESH_MS,
  });
}

export function useParked() {
  return useInfiniteQuery({
    queryKey: ["parked"],
    queryFn: ({ pageParam }) => api.get<Page<Parked>>("/parked", { cursor: pageParam, limit: PAGE_SIZE }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

export function useAudit() {
  return useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) => api.get<Page<AuditEntry>>("/audit", { cursor: pageParam, limit: PAGE_SIZE }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

export function useParkedChanges() {
  const client = useQueryClient();
  const path = (id: string) => `/parked/${encodeURIComponent(id)}`;
  const refresh = () => client.invalidateQueries({ queryKey: ["parked"] });
  return {
    replay: async (id: string) => {
      await api.post(`${path(id)}/replay`);
      await refresh();
    },
    discard: async (id: string) => {
      await api.delete(path(id));
      await refresh();
    },
  };
}
