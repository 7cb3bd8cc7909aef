// What was said, as a list that only changes where the conversation did, so that a screen reader reads out each entry once.

import type { Source } from "../live/sources";
import type { Entry, Owned, Said, State } from "../live/state";
import type { Texts } from "../text";
import { h, setText } from "./dom";
import { type Fetcher, fileView } from "./files";
import { parts, safe } from "./links";

/** Messages of the same person within this time stand together. */
const TOGETHER_MS = 3 * 60_000;
/** Nearer to the end than this, the list goes along with what comes. */
const NEAR_END_PX = 80;

/** Whoever reads English as in Britain tells the time so too, whatever English the page is in. */
function clockOf(language: string): string {
  const base = (tag: string) => tag.toLowerCase().split("-")[0];
  return navigator.languages?.find((one) => base(one) === base(language)) ?? language;
}

export class LogView {
  readonly element: HTMLElement;
  private readonly list: HTMLElement;
  /** Stands before everything that was said. */
  private greeting: HTMLElement;
  private readonly draft: HTMLElement;
  private readonly draftText: HTMLElement;
  private readonly typing: HTMLElement;
  private readonly typingText: HTMLElement;
  private readonly shown = new Map<string, HTMLElement>();
  private readonly time: Intl.DateTimeFormat;

  constructor(
    private readonly texts: Texts,
    language: string,
    after: HTMLElement,
    private readonly fetcher: Fetcher,
  ) {
    this.time = new Intl.DateTimeFormat(clockOf(language), { hour: "2-digit", minute: "2-digit" });
    this.list = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": texts.title });
    this.greeting = this.bubble("entry", texts.assistant, "");
    this.list.append(this.greeting);
    this.draftText = h("div", { class: "bubble", dir: "auto" });
    // Read out as a whole once it is a message, not piece by piece.
    this.draft = h("div", { class: "entry draft", "aria-hidden": "true", hidden: true }, this.draftText);
    this.typingText = h("span");
    const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    this.typing = h("div", { class: "typing", hidden: true }, dots, this.typingText);
    this.element = h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": texts.title });
    this.element.append(this.list, this.draft, this.typing, after);
  }

  render(state: State): void {
    const follow = this.nearEnd();
    const grew = this.entries(state);
    this.draft.hidden = !state.draft;
    setText(this.draftText, state.draft?.text ?? "");
    this.typing.hidden = !state.typing || state.draft !== null;
    setText(this.typingText, this.texts.typing(this.typist(state)));
    if (follow || grew === "mine") this.toEnd();
  }

  greet(text: string): void {
    if (this.greeting.lastElementChild?.textContent === text) return;
    const greeting = this.bubble("entry", this.texts.assistant, text);
    this.greeting.replaceWith(greeting);
    this.greeting = greeting;
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Whether the reader goes along with what comes. */
  nearEnd(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  private typist(state: State): string {
    return state.owner.agentName ?? (state.owner.status === "ai" ? this.texts.assistant : this.texts.agent);
  }

  private entries(state: State): "mine" | "others" | null {
    let grew: "mine" | "others" | null = null;
    let before: Entry | null = null;
    let place: Element | null = this.greeting;
    const gone = new Set(this.shown.keys());
    for (const entry of state.entries) {
      const key = entry.kind === "said" ? (entry.clientId ?? entry.key) : entry.key;
      gone.delete(key);
      let element = this.shown.get(key);
      if (!element) {
        const made = entry.kind === "said" ? this.said(entry) : this.owned(entry, state);
        if (!made) continue;
        element = made;
        this.shown.set(key, element);
        grew = entry.kind === "said" && entry.from === "customer" ? "mine" : "others";
      }
      if (place?.nextElementSibling !== element) place?.after(element);
      place = element;
      if (entry.kind === "said") this.update(element, entry, before, state);
      before = entry;
    }
    for (const key of gone) {
      this.shown.get(key)?.remove();
      this.shown.delete(key);
    }
    return grew;
  }

  private said(entry: Said): HTMLElement {
    const mine = entry.from === "customer";
    const names = { customer: this.texts.you, ai: this.texts.assistant, agent: this.texts.agent, notice: "" };
    const name = entry.agentName ?? names[entry.from];
    const element = this.bubble(`entry ${mine ? "mine" : entry.from}`, name, entry.text);
    if (entry.files) {
      if (!entry.text) element.lastElementChild?.remove();
      const files = entry.files.map((file) => fileView(file, this.texts, this.fetcher));
      element.append(h("ul", { class: "files" }, ...files));
    }
    if (mine) element.append(h("span", { class: "status" }));
    if (entry.sources) element.append(...this.sources(entry.sources, entry.text));
    element.title = this.time.format(entry.at);
    return element;
  }

  private bubble(kind: string, name: string, text: string): HTMLElement {
    const words = parts(text).map(({ text: part, href }) =>
      href ? h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, part) : part,
    );
    const bubble = h("div", { class: "bubble", dir: "auto" }, ...words);
    const element = h("div", { class: kind });
    if (name && !kind.includes("mine")) element.append(h("span", { class: "who" }, name));
    else if (name) element.append(h("span", { class: "sr" }, this.texts.said(name)));
    element.append(bubble);
    return element;
  }

  /** What the answer rests on: a link where it is a page, else its name. An address that the answer has is not said twice. */
  private sources(sources: Source[], text: string): HTMLElement[] {
    const more = sources.filter((source) => !source.url || !text.includes(source.url));
    const items = more.map(({ title, url }) => {
      const href = url && safe(url);
      const name = href
        ? h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, title)
        : title;
      return h("li", { dir: "auto" }, name);
    });
    if (items.length === 0) return [];
    return [h("div", { class: "sources" }, `${this.texts.sources}:`, h("ul", {}, ...items))];
  }

  /** Nothing is said about the assistant that had it from the start, nor about the queue, which shows itself. */
  private owned(entry: Owned, state: State): HTMLElement | null {
    const at = state.entries.indexOf(entry);
    const earlier = state.entries
      .slice(0, at)
      .some((other) => other.kind === "owned" && other.status !== "ai");
    const { joined, agent, assistantBack, closed } = this.texts;
    const text =
      entry.status === "with_agent"
        ? joined(entry.agentName ?? agent)
        : entry.status === "closed"
          ? closed
          : entry.status === "ai" && earlier
            ? assistantBack
            : null;
    return text ? h("div", { class: "marker" }, text) : null;
  }

  private update(element: HTMLElement, entry: Said, before: Entry | null, state: State): void {
    const together =
      before?.kind === "said" &&
      before.from === entry.from &&
      before.agentName === entry.agentName &&
      entry.at - before.at < TOGETHER_MS;
    element.classList.toggle("follows", together);
    if (entry.from !== "customer") return;
    const status = element.querySelector(".status");
    if (!status) return;
    element.classList.toggle("pending", entry.seq === null && !entry.refused);
    status.classList.toggle("bad", entry.refused === true);
    setText(status, this.statusOf(entry, state));
  }

  /** Under the last of the customer's messages, and under each that is not on the server. */
  private statusOf(entry: Said, state: State): string {
    if (entry.refused) return this.texts.notSent;
    if (entry.seq === null) return state.link === "online" ? this.texts.sending : this.texts.queued;
    const last = state.entries
      .filter((other) => other.kind === "said" && other.from === "customer" && other.seq)
      .pop();
    if (last !== entry) return "";
    return entry.seq <= state.readUpto ? this.texts.read : `${this.texts.sent} ${this.time.format(entry.at)}`;
  }
}
