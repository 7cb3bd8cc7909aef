// The customer page's reads, and the names under which their answers are kept.
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, api } from "../../api/client";
import type { Customer, Erasure, Hold, Page, Summary } from "../../api/types";

const PAGE_SIZE = 50;

export const customerKey = (id: string) => ["customer", id] as const;
const path = (id: string) => `/customers/${encodeURIComponent(id)}`;

export interface CustomerChange {
  name?: string | null;
  email?: string | null;
  phone?: string | null;
  facts?: Record<string, string | null>;
  tags?: string[];
}

export function useCustomers(q: string) {
  return useInfiniteQuery({
    queryKey: ["customers", q],
    queryFn: ({ pageParam }) =>
      api.get<Page<Customer>>("/customers", { q, cursor: pageParam, limit: PAGE_SIZE }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

export function useCustomer(id: string) {
  return useQuery({ queryKey: customerKey(id), queryFn: () => api.get<Customer>(path(id)) });
}

export function useHistory(id: string) {
  return useInfiniteQuery({
    queryKey: ["customer-sessions", id],
    queryFn: ({ pageParam }) =>
      api.get<Page<Summary>>(`${path(id)}/sessions`, { cursor: pageParam, limit: PAGE_SIZE }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

/** Changes a customer and puts the answer where every reader finds it. */
export function useChangeCustomer(id: string) {
  const client = useQueryClient();
  return async (change: CustomerChange) => {
    const customer = await api.patch<Customer>(path(id), change);
    client.setQueryData(customerKey(id), customer);
    void client.invalidateQueries({ queryKey: ["customers"] });
  };
}

export function useMerge() {
  const client = useQueryClient();
  return async (from: string, into: string) => {
    const customer = await api.post<Customer>(`${path(from)}/merge`, { into });
    client.setQueryData(customerKey(customer.id), customer);
    void client.invalidateQueries({ queryKey: customerKey(from) });
    void client.invalidateQueries({ queryKey: ["customers"] });
    void client.invalidateQueries({ queryKey: ["customer-sessions"] });
    return customer;
  };
}

export const holdKey = (id: string) => ["customer-hold", id] as const;

/** The hold that stands on a customer, or null. For administrators. */
export function useHold(id: string) {
  return useQuery({
    queryKey: holdKey(id),
    queryFn: () =>
      api.get<Hold>(`${path(id)}/hold`).catch((error: unknown) => {
        if (error instanceof ApiError && error.code === "not_found") return null;
        throw error;
      }),
  });
}

/** Places the hold, or lifts it. */
export function useSetHold(id: string) {
  const client = useQueryClient();
  return async (hold: { reason: string } | null) => {
    const stands = hold ? await api.put<Hold>(`${path(id)}/hold`, hold) : null;
    if (!hold) await api.delete(`${path(id)}/hold`);
    client.setQueryData(holdKey(id), stands);
  };
}

/** Everything that is kept of a customer, as a file. */
export function exportCustomer(id: string): Promise<Blob> {
  return api.file(`${path(id)}/export`);
}

export function useErase(id: string) {
  const client = useQueryClient();
  return async () => {
    const erasure = await api.post<Erasure>(`${path(id)}/erase`, { confirm: id });
    for (const name of ["customer", "customers", "customer-sessions", "customer-hold"]) {
      client.removeQueries({ queryKey: [name] });
    }
    return erasure;
  };
}

export function nameOf(customer: {
  id: string;
  name: string | null;
  email?: string | null;
  phone?: string | null;
}) {
  return customer.name || customer.email || customer.phone || customer.id;
}
