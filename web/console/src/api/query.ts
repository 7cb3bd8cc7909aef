import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";

const RETRIES_MAX = 2;

/** Refusals are answers: only what may pass by itself is tried again. */
function worthRetrying(failures: number, error: Error): boolean {
  if (failures >= RETRIES_MAX) return false;
  return !(error instanceof ApiError) || ["offline", "busy", "unavailable"].includes(error.code);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 15_000, retry: worthRetrying, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
