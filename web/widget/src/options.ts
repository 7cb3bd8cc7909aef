// How a page says what it wants: attributes of the script's tag, over what the organization has set, over our own defaults.

export type Look = {
  title: string | null;
  greeting: string | null;
  color: string;
  position: "left" | "right";
  theme: "light" | "dark" | "auto";
  /** Whether replies may go by e-mail. */
  email: boolean;
};

export type Options = {
  server: string;
  organization: string;
  language: string;
  userId: string | null;
  token: string | null;
  look: Partial<Look>;
};

const DEFAULT_LOOK: Look = {
  title: null,
  greeting: null,
  color: "#1c5fd4",
  position: "right",
  theme: "auto",
  email: false,
};
const CONFIG_MS = 4_000;
/** Texts of the configuration are shown whole; a mistake there must not cover the page. */
const TEXT_MAX = 500;

export function optionsOf(script: HTMLScriptElement): Options {
  const { dataset } = script;
  return {
    server: (dataset.server ?? new URL(script.src, location.href).origin).replace(/\/+$/, ""),
    organization: dataset.organization || "default",
    language: dataset.language || document.documentElement.lang || navigator.language || "en",
    userId: dataset.userId || null,
    token: dataset.token || null,
    look: lookOf(dataset),
  };
}

/** What the organization has set. `null` when this page may not have the widget. */
export async function lookFor(options: Options): Promise<Look | null> {
  const query = new URLSearchParams({ organization: options.organization });
  const set: Partial<Look> = {};
  const aborted = new AbortController();
  const timer = setTimeout(() => aborted.abort(), CONFIG_MS);
  try {
    const answer = await fetch(`${options.server}/widget/config?${query}`, {
      credentials: "omit",
      signal: aborted.signal,
    });
    if (answer.status === 403) return null;
    if (answer.ok) Object.assign(set, lookOf(await answer.json()));
  } catch {
    // The defaults are good enough to begin with.
  } finally {
    clearTimeout(timer);
  }
  return { ...DEFAULT_LOOK, ...set, ...options.look };
}

/** Only what can be used, whatever was written. */
export function lookOf(raw: Record<string, unknown>): Partial<Look> {
  const look: Partial<Look> = {};
  const text = (value: unknown) =>
    typeof value === "string" && value.trim() ? value.slice(0, TEXT_MAX) : null;
  const title = text(raw.title);
  const greeting = text(raw.greeting);
  if (title) look.title = title;
  if (greeting) look.greeting = greeting;
  if (typeof raw.color === "string" && /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(raw.color))
    look.color = raw.color;
  if (raw.position === "left" || raw.position === "right") look.position = raw.position;
  if (raw.theme === "light" || raw.theme === "dark" || raw.theme === "auto") look.theme = raw.theme;
  if (raw.email === true) look.email = true;
  return look;
}
