import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { OwnChannel, OwnChannelWanted, OwnChannelWithSecret } from "../../../api/channels";
import { api } from "../../../api/client";

const root = "/channels/webhook";
const path = (id: string) => `${root}/${encodeURIComponent(id)}`;
const listKey = ["own-channels"];

/** For administrators. All of them: there are few, and nothing but a person changes them. */
export function useOwnChannels() {
  return useQuery({
    queryKey: listKey,
    queryFn: async () => (await api.get<{ items: OwnChannel[] }>(root)).items,
  });
}

export function useOwnChannelChanges() {
  const client = useQueryClient();
  const then = async <T>(change: Promise<T>): Promise<T> => {
    try {
      return await change;
    } finally {
      // Also after a refusal: somebody else may have changed or deleted it.
      await client.invalidateQueries({ queryKey: listKey });
    }
  };
  /** The secret goes to whoever shows it, and is kept neither with the query nor with the mutation. */
  const shown = async (made: Promise<OwnChannelWithSecret>, show: (secret: string) => void): Promise<void> =>
    show((await made).secret);
  return {
    /** The same `key` once more makes no second one. */
    add: (wanted: OwnChannelWanted, key: string, show: (secret: string) => void) =>
      then(shown(api.post<OwnChannelWithSecret>(root, wanted, key), show)),
    /** The same `key` once more makes no further one. */
    rotate: (id: string, key: string, show: (secret: string) => void) =>
      then(shown(api.post<OwnChannelWithSecret>(`${path(id)}/secret`, undefined, key), show)),
    change: (id: string, change: Partial<OwnChannelWanted>) =>
      then(api.put<OwnChannel>(path(id), change).then(() => {})),
    remove: (id: string) => then(api.delete(path(id))),
  };
}
