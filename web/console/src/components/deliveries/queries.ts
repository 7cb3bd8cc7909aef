import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { Page } from "../../api/types";
import type { Delivery, DeliveryState } from "../../api/webhooks";
import type { DeliveryTarget } from "./delivery";

const REFRESH_MS = 5_000;
const PAGE_SIZE = 50;

export function useDeliveries({ path, key }: DeliveryTarget, state: DeliveryState) {
  return useInfiniteQuery({
    queryKey: [...key, path, "deliveries", state],
    queryFn: ({ pageParam }) =>
      api.get<Page<Delivery>>(`${path}/deliveries`, { state, cursor: pageParam, limit: PAGE_SIZE }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    // Every page that is shown is asked for again, so many of them are asked for less often.
    refetchInterval: (query) => REFRESH_MS * Math.max(1, query.state.data?.pages.length ?? 1),
  });
}

/** What was set aside is sent once more. */
export function useReplays({ path, key }: DeliveryTarget) {
  const client = useQueryClient();
  const replay = async (at: string): Promise<{ replayed: number }> => {
    try {
      return await api.post<{ replayed: number }>(at);
    } finally {
      // Also after a refusal: somebody else may have replayed it.
      await client.invalidateQueries({ queryKey: key });
    }
  };
  return {
    one: (number: string) => replay(`${path}/deliveries/${encodeURIComponent(number)}/replay`),
    all: () => replay(`${path}/replay`),
  };
}
