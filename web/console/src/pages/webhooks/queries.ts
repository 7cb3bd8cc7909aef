import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { Pinged, Webhook, WebhookWanted, WebhookWithSecret } from "../../api/webhooks";

const REFRESH_MS = 5_000;

const root = "/webhooks";
export const path = (id: string) => `${root}/${encodeURIComponent(id)}`;
const listKey = ["webhooks", "list"];
const oneKey = (id: string) => ["webhooks", "one", id];

/** For administrators. All of them: there are few. */
export function useWebhooks() {
  return useQuery({
    queryKey: listKey,
    queryFn: async () => (await api.get<{ items: Webhook[] }>(root)).items,
    refetchInterval: REFRESH_MS,
  });
}

export function useWebhook(id: string) {
  return useQuery({
    queryKey: oneKey(id),
    queryFn: () => api.get<Webhook>(path(id)),
    refetchInterval: REFRESH_MS,
  });
}

export function useWebhookChanges() {
  const client = useQueryClient();
  const keep = (webhook: Webhook) => {
    client.setQueryData(oneKey(webhook.id), webhook);
    client.setQueryData<Webhook[]>(listKey, (all) =>
      all?.map((one) => (one.id === webhook.id ? webhook : one)),
    );
  };
  const then = async <T>(change: Promise<T>): Promise<T> => {
    try {
      return await change;
    } finally {
      // Also after a refusal: somebody else may have changed or deleted it.
      await client.invalidateQueries({ queryKey: ["webhooks"] });
    }
  };
  /** The secret goes to whoever shows it, and is kept neither with the query nor with the mutation. */
  const shown = async (made: Promise<WebhookWithSecret>, show: (secret: string) => void): Promise<void> => {
    const { secret, ...webhook } = await made;
    keep(webhook);
    show(secret);
  };
  return {
    /** The same `key` once more makes no second one. */
    add: (wanted: WebhookWanted, key: string, show: (secret: string) => void) =>
      then(shown(api.post<WebhookWithSecret>(root, wanted, key), show)),
    /** The same `key` once more makes no further one. */
    rotate: (id: string, key: string, show: (secret: string) => void) =>
      then(shown(api.post<WebhookWithSecret>(`${path(id)}/secret`, undefined, key), show)),
    change: (id: string, change: Partial<WebhookWanted>) =>
      then(api.put<Webhook>(path(id), change).then(keep)),
    /** `gone` leaves its page first, so that nothing asks for it any more. */
    remove: async (id: string, gone: () => void) => {
      await api.delete(path(id));
      gone();
      client.removeQueries({ queryKey: oneKey(id) });
      await client.invalidateQueries({ queryKey: listKey });
    },
    ping: (id: string) => api.post<Pinged>(`${path(id)}/ping`),
  };
}
