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
    // The server may be on this machine or in this house: whether it can be reached is found by asking, not by what the browser
    // thinks of the network. Else a page would wait for ever without saying why.
    queries: {
      networkMode: "always",
      staleTime: 15_000,
      retry: worthRetrying,
      refetchOnWindowFocus: true,
      refetchOnReconnect: true,
    },
    mutations: { networkMode: "always", retry: false },
  },
});
