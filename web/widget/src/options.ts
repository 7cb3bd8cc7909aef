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
/** How long a page waits for what is set before its widget shows with the defaults. */
const CONFIG_MS = 4_000;
/** How long one question is waited for, behind the widget's back. */
const ANSWER_MS = 60_000;
/** The pause before it is asked again; it doubles. */
const AGAIN_MS = 10_000;
/** How often it is asked in all: for about five minutes. */
const TRIES_MAX = 6;
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

/**
 * What the organization has set. `null` when this page may not have the widget. Where that is not known soon it is the defaults, and what
 * is set comes `later`.
 */
export async function lookFor(options: Options, later: (look: Look | null) => void): Promise<Look | null> {
  const first = ask(options);
  const soon = await Promise.race([first, pause(CONFIG_MS)]);
  if (soon !== undefined) return soon;
  void askOn(options, first).then((look) => look !== undefined && later(look));
  return { ...DEFAULT_LOOK, ...options.look };
}

/** Asks again for as long as it is not known. */
async function askOn(
  options: Options,
  first: Promise<Look | null | undefined>,
): Promise<Look | null | undefined> {
  let look = await first;
  for (let tries = 1; look === undefined && tries < TRIES_MAX; tries++) {
    await pause(AGAIN_MS * 2 ** (tries - 1));
    look = await ask(options);
  }
  return look;
}

/** Asks once. `undefined` where it may be known another time. */
async function ask(options: Options): Promise<Look | null | undefined> {
  const query = new URLSearchParams({ organization: options.organization });
  const aborted = new AbortController();
  const timer = setTimeout(() => aborted.abort(), ANSWER_MS);
  try {
    const answer = await fetch(`${options.server}/widget/config?${query}`, {
      credentials: "omit",
      signal: aborted.signal,
    });
    if (answer.status === 403) return null;
    if (answer.status === 429 || answer.status >= 500) return undefined;
    const set = answer.ok ? lookOf(await answer.json()) : {};
    return { ...DEFAULT_LOOK, ...set, ...options.look };
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
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
