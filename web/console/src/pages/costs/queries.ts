import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Budget, CacheState, CostGroup, CostReport } from "../../api/assistant";
import { api } from "../../api/client";
import type { Range } from "../dashboard/range";

const REFRESH_MS = 60_000;
const budgetKey = ["costs", "budget"];
const cacheKey = ["cache"];

export function useCosts(range: Range, by: CostGroup) {
  return useQuery({
    queryKey: ["costs", range.from, range.to, by],
    queryFn: () => api.get<CostReport>("/costs", { ...range, group_by: by }),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

export function useBudget() {
  return useQuery({
    queryKey: budgetKey,
    queryFn: () => api.get<Budget>("/costs/budget"),
    refetchInterval: REFRESH_MS,
  });
}

export type BudgetFields = Pick<Budget, "monthly" | "warn_at">;

export function useBudgetChange() {
  const client = useQueryClient();
  return async (change: { monthly: number | null; warn_at?: number[]; was: BudgetFields }) => {
    const budget = await api.put<Budget>("/costs/budget", change);
    client.setQueryData(budgetKey, budget);
    // Thresholds that it has reached already are noted beside the answer.
    await client.invalidateQueries({ queryKey: budgetKey });
  };
}

/** As it is now, whatever is shown. */
export function useBudgetNow() {
  const client = useQueryClient();
  const queryFn = () => api.get<Budget>("/costs/budget");
  return () => client.fetchQuery({ queryKey: budgetKey, queryFn, staleTime: 0 });
}

export function useCache() {
  return useQuery({
    queryKey: cacheKey,
    queryFn: () => api.get<CacheState>("/cache"),
    refetchInterval: REFRESH_MS,
  });
}

export function useCachePurge() {
  const client = useQueryClient();
  return async () => {
    await api.delete("/cache");
    await client.invalidateQueries({ queryKey: cacheKey });
  };
}
