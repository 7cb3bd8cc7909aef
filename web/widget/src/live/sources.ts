// What an answer rests on, as the frames bring it: checked, each once, and a few at most.

export type Source = { title: string; url?: string };

const SOURCES_MAX = 5;
const TITLE_MAX_CHARS = 200;

export function sourcesOf(sent: unknown): Source[] {
  if (!Array.isArray(sent)) return [];
  const found = new Map<string, Source>();
  for (const one of sent) {
    if (typeof one?.title !== "string" || !one.title.trim()) continue;
    const title = one.title.trim().slice(0, TITLE_MAX_CHARS);
    const source = typeof one.url === "string" ? { title, url: one.url } : { title };
    found.set(`${title} ${one.url}`, source);
  }
  return [...found.values()].slice(0, SOURCES_MAX);
}
