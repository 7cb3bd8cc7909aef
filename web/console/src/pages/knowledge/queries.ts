// The knowledge page's reads and changes, and the names under which their answers are kept.
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { Page } from "../../api/types";
import { searchable } from "../../components/places";
import { isUnderWay } from "./states";
import type {
  Chunk,
  Chunking,
  DocumentState,
  Faq,
  FaqText,
  Found,
  KnowledgeDocument,
  KnowledgeStats,
  Stretch,
  Unanswered,
  UnansweredStatus,
} from "./types";

const PAGE_SIZE = 50;
/** How often is asked while something is under way; else nothing is. */
const PROGRESS_MS = 1_500;
/** How much text is fetched at a time, in characters. */
const STRETCH_CHARS = 16_000;
/** How much stands before the cited words at first. */
const BEFORE_CHARS = 4_000;
/** The most stretches that stand on the page; those furthest away are let go. */
const STRETCHES_MAX = 8;
/** The longest text that is put into a field. */
const WRITTEN_MAX_CHARS = 200_000;
const CHUNKS_PAGE = 100;
/** The most pages of chunks that one stretch of text is worth. */
const CHUNK_PAGES_MAX = 8;

const root = "/knowledge/documents";
const path = (id: string) => `${root}/${encodeURIComponent(id)}`;
export const documentKey = (id: string) => ["knowledge", "document", id] as const;

export function useDocuments(q: string, state: DocumentState | null) {
  return useInfiniteQuery({
    queryKey: ["knowledge", "documents", q, state],
    queryFn: ({ pageParam }) =>
      api.get<Page<KnowledgeDocument>>(root, {
        q: searchable(q),
        state,
        cursor: pageParam,
        limit: PAGE_SIZE,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.items.some(isUnderWay)) ? PROGRESS_MS : false,
  });
}

export function useDocument(id: string) {
  return useQuery({
    queryKey: documentKey(id),
    queryFn: () => api.get<KnowledgeDocument>(path(id)),
    refetchInterval: ({ state: { data } }) => (data && isUnderWay(data) ? PROGRESS_MS : false),
  });
}

export function useKnowledgeStats() {
  return useQuery({
    queryKey: ["knowledge", "stats"],
    queryFn: () => api.get<KnowledgeStats>("/knowledge/stats"),
    refetchInterval: ({ state: { data } }) => {
      const { waiting = 0, reading = 0, indexing = 0 } = data?.documents ?? {};
      return waiting + reading + indexing > 0 ? PROGRESS_MS : false;
    },
  });
}

/** The whole text of a source that somebody wrote here, to be changed; not of one that is too long for a field. */
export function useWritten(document: KnowledgeDocument | null) {
  const isWritten = document?.kind === "text" || document?.kind === "markdown";
  return useQuery({
    queryKey: [...documentKey(document?.id ?? ""), "written", document?.live],
    queryFn: () => api.get<Stretch>(`${path(document?.id ?? "")}/text`),
    enabled: isWritten && document.live !== null && document.chars <= WRITTEN_MAX_CHARS,
  });
}

/** The text around a place, by stretches; more of it before and behind when it is asked for. */
export function useText(id: string, live: number | null, from: number) {
  const first = Math.max(0, from - BEFORE_CHARS);
  return useInfiniteQuery({
    queryKey: [...documentKey(id), "text", live, first],
    queryFn: ({ pageParam }) =>
      api.get<Stretch>(`${path(id)}/text`, { start: pageParam.start, end: pageParam.end }),
    initialPageParam: { start: first, end: first + STRETCH_CHARS },
    getNextPageParam: (last, _, { end }) =>
      end < last.chars ? { start: end, end: end + STRETCH_CHARS } : null,
    getPreviousPageParam: (_first, _, { start }) =>
      start > 0 ? { start: Math.max(0, start - STRETCH_CHARS), end: start } : null,
    maxPages: STRETCHES_MAX,
    enabled: live !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The chunks that begin in a stretch of text. They are kept by number, so their place is guessed and then corrected. */
export function useChunks(document: KnowledgeDocument, from: number, to: number) {
  const { id, live } = document;
  return useQuery({
    queryKey: [...documentKey(id), "chunks", live, from, to],
    queryFn: async () => {
      let first = Math.floor((from / Math.max(1, document.chars)) * document.chunks);
      const found: Chunk[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < CHUNK_PAGES_MAX; page += 1) {
        const answer: Page<Chunk> = await api.get<Page<Chunk>>(`${path(id)}/chunks`, {
          cursor: cursor ?? first,
          limit: CHUNKS_PAGE,
        });
        const isTooFar = found.length === 0 && first > 0 && (answer.items[0]?.start ?? to) > from;
        if (isTooFar) {
          first = Math.max(0, first - CHUNKS_PAGE / 2);
          continue;
        }
        found.push(...answer.items);
        cursor = answer.next;
        if (!cursor || (found.at(-1)?.start ?? 0) >= to) break;
      }
      return found
        .filter(({ start }) => start >= from && start < to)
        .map(({ number, start }) => ({ number, start }));
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What a source is made of: one of the three. */
export type NewSource = Chunking & { title?: string } & (
    | { text: string; kind: "text" | "markdown" }
    | { url: string }
    | { upload: File }
  );

export function useDocumentChanges() {
  const client = useQueryClient();
  const then = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    await client.invalidateQueries({ queryKey: ["knowledge"] });
    return result;
  };
  const send = (id: string | null, source: NewSource) => {
    if (!("upload" in source)) {
      return id ? api.put<KnowledgeDocument>(path(id), source) : api.post<KnowledgeDocument>(root, source);
    }
    const { upload, ...rest } = source;
    const query = { ...rest, file_name: upload.name };
    return id
      ? api.upload<KnowledgeDocument>("PUT", `${path(id)}/file`, upload, query)
      : api.upload<KnowledgeDocument>("POST", "/knowledge/files", upload, query);
  };
  return {
    add: (source: NewSource) => then(send(null, source)),
    replace: (id: string, source: NewSource) => then(send(id, source)),
    retry: (id: string) => then(api.post<KnowledgeDocument>(`${path(id)}/retry`)),
    /** `leave` leaves the source's own page before it is forgotten: nobody asks for it again then. */
    remove: async (id: string, leave?: () => void) => {
      await api.delete(path(id));
      leave?.();
      client.removeQueries({ queryKey: documentKey(id) });
      await client.invalidateQueries({ queryKey: ["knowledge"] });
    },
  };
}

export function useFound(query: string) {
  return useQuery({
    queryKey: ["knowledge", "search", query],
    queryFn: () => api.post<Found>("/knowledge/search", { query, limit: 20 }),
    enabled: query !== "",
    placeholderData: keepPreviousData,
  });
}

export function useFaqs(q: string) {
  return useInfiniteQuery({
    queryKey: ["knowledge", "faqs", q],
    queryFn: ({ pageParam }) =>
      api.get<Page<Faq>>("/knowledge/faqs", { q: searchable(q), cursor: pageParam, limit: PAGE_SIZE }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

export function useUnanswered(status: UnansweredStatus) {
  return useInfiniteQuery({
    queryKey: ["unanswered", status],
    queryFn: ({ pageParam }) =>
      api.get<Page<Unanswered>>("/unanswered", { status, cursor: pageParam, limit: PAGE_SIZE }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

/** Changes of questions with answers, and of what had none: the one becomes the other. */
export function useFaqChanges() {
  const client = useQueryClient();
  const then = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    await Promise.all([
      client.invalidateQueries({ queryKey: ["knowledge"] }),
      client.invalidateQueries({ queryKey: ["unanswered"] }),
    ]);
    return result;
  };
  const one = (id: string) => `/knowledge/faqs/${encodeURIComponent(id)}`;
  const group = (id: string) => `/unanswered/${encodeURIComponent(id)}`;
  return {
    add: (faq: FaqText) => then(api.post<Faq>("/knowledge/faqs", faq)),
    change: (id: string, faq: FaqText) => then(api.put<Faq>(one(id), faq)),
    remove: (id: string) => then(api.delete(one(id))),
    answer: (id: string, faq: FaqText) => then(api.post<Unanswered>(`${group(id)}/faq`, faq)),
    dismiss: (id: string) => then(api.post<Unanswered>(`${group(id)}/dismiss`)),
  };
}
