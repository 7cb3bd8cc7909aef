// The customer page's reads, and the names under which their answers are kept.
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { Customer, Page, Summary } from "../../api/types";

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
    placeholderData: (previous) => previous,
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

export function nameOf(customer: {
  id: string;
  name: string | null;
  email?: string | null;
  phone?: string | null;
}) {
  return customer.name || customer.email || customer.phone || customer.id;
}
