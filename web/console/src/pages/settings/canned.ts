import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { CannedReply, Page } from "../../api/types";

const key = ["canned", "every"];
const PAGE_SIZE = 100;
const PAGES_MAX = 20;

export type CannedText = Pick<CannedReply, "shortcut" | "title" | "text" | "team">;

/** All of them: they are few, and the list is searched while it is typed. */
export function useCanned(enabled = true) {
  return useQuery({ queryKey: key, queryFn: every, enabled });
}

async function every(): Promise<CannedReply[]> {
  const all: CannedReply[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer: Page<CannedReply> = await api.get<Page<CannedReply>>("/canned", {
      cursor,
      limit: PAGE_SIZE,
    });
    all.push(...answer.items);
    cursor = answer.next;
    if (!cursor) break;
  }
  return all.sort((a, b) => a.shortcut.localeCompare(b.shortcut));
}

export function useCannedChanges() {
  const client = useQueryClient();
  const then = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    await client.invalidateQueries({ queryKey: ["canned"] });
    return result;
  };
  const path = (id: string) => `/canned/${encodeURIComponent(id)}`;
  return {
    add: (reply: CannedText) => then(api.post<CannedReply>("/canned", reply)),
    change: (id: string, reply: CannedText) => then(api.put<CannedReply>(path(id), reply)),
    remove: (id: string) => then(api.delete(path(id))),
  };
}
