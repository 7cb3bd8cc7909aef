// <switchboard-chat>: the button, the panel, and what they show of a conversation.

import { newest, type State, unread } from "../live/state";
import type { Look } from "../options";
import { isRightToLeft, type Texts, textsOf } from "../text";
import { readableOn } from "./color";
import { ComposerView, type Writer } from "./composer";
import { CHAT, CLOSE, h, icon, PERSON, SILENT, SOUND, setText } from "./dom";
import type { Fetcher } from "./files";
import { LogView } from "./log";
import { RatingView } from "./rating";
import { dress } from "./styles";

export const TAG = "switchboard-chat";
const BADGE_MAX = 9;

export type Deeds = Writer & {
  fetchFile: Fetcher;
  askForHuman(): void;
  rate(score: number, comment: string): void;
  startAnew(): void;
  see(): void;
  toggled(open: boolean): void;
  sound(on: boolean): void;
};

export type Setting = { look: Look; language: string; deeds: Deeds; draft: string; sound: boolean };

/** What the script for replies by e-mail is given. */
export type MailBridge = {
  language: string;
  /** Whether there is a conversation. */
  begun(): boolean;
  ask(method: string, path: string, body?: object): Promise<Response>;
};

export class ChatElement extends HTMLElement {
  mail?: MailBridge;
  private readonly shadow = this.attachShadow({ mode: "open" });
  private setting!: Setting;
  private texts!: Texts;
  private root!: HTMLElement;
  private launcher!: HTMLButtonElement;
  private badge!: HTMLElement;
  private panel!: HTMLElement;
  private heading!: HTMLElement;
  private subtitle!: HTMLElement;
  private banner!: HTMLElement;
  private bannerText!: HTMLElement;
  private anew!: HTMLButtonElement;
  private queue!: HTMLElement;
  private human!: HTMLButtonElement;
  private soundButton!: HTMLButtonElement;
  private log!: LogView;
  private rating!: RatingView;
  private composer!: ComposerView;
  private signIn = false;
  private last: State | null = null;

  /** Before it is put into the page. */
  furnish(setting: Setting): void {
    this.setting = setting;
    const { texts, language } = textsOf(setting.language);
    this.texts = texts;
    dress(this.shadow);
    this.build(language);
    this.wear(setting.look);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.dark());
    document.addEventListener("visibilitychange", () => this.seeIfLookedAt());
  }

  /** Takes on what the organization has set. What is said and written stays as it is; an open panel changes sides once it is closed. */
  wear(look: Look): void {
    this.setting.look = look;
    const title = look.title ?? this.texts.title;
    setText(this.heading, title);
    this.panel.setAttribute("aria-label", title);
    this.log.greet(look.greeting ?? this.texts.greeting);
    this.root.style.setProperty("--accent", look.color);
    this.root.style.setProperty("--on-accent", readableOn(look.color));
    if (!this.isOpen) this.takeSide();
    this.dark();
  }

  get isOpen(): boolean {
    return !this.panel.hidden;
  }

  open(): void {
    if (this.isOpen) return;
    this.panel.hidden = false;
    this.root.classList.add("open");
    this.launcher.setAttribute("aria-expanded", "true");
    this.launcher.replaceChildren(icon(...CLOSE), this.badge);
    if (this.last) this.render(this.last);
    this.composer.fit();
    this.log.toEnd();
    this.composer.field.focus({ preventScroll: true });
    this.setting.deeds.toggled(true);
    this.seeIfLookedAt();
  }

  close(): void {
    if (!this.isOpen) return;
    const focused = this.shadow.activeElement !== null;
    this.panel.hidden = true;
    this.root.classList.remove("open");
    this.takeSide();
    this.launcher.setAttribute("aria-expanded", "false");
    this.launcher.replaceChildren(icon(...CHAT), this.badge);
    if (focused) this.launcher.focus();
    this.setting.deeds.toggled(false);
    if (this.last) this.render(this.last);
  }

  /** Puts another text where the customer writes. */
  write(text: string): void {
    this.composer.write(text);
  }

  /** The page has to bring a new token. */
  askToSignIn(ask: boolean): void {
    this.signIn = ask;
    if (this.last) this.render(this.last);
  }

  render(state: State): void {
    const before = this.last;
    this.last = state;
    const asked = state.handover !== null;
    this.renderBadge(state);
    this.renderHead(state);
    this.renderBanner(state);
    this.renderQueue(state);
    (this.human.parentElement as HTMLElement).hidden = state.owner.status !== "ai";
    this.human.disabled = asked;
    setText(this.human.lastElementChild as Element, asked ? this.texts.asked : this.texts.human);
    // What comes below the log must come into view too, for whoever is at the end of it.
    const follow = this.log.nearEnd();
    this.rating.render(state);
    this.log.render(state);
    if (follow) this.log.toEnd();
    if (newest(state) > state.seen || before?.link !== state.link) this.seeIfLookedAt();
  }

  private seeIfLookedAt(): void {
    if (this.isOpen && document.visibilityState === "visible") this.setting.deeds.see();
  }

  private renderBadge(state: State): void {
    const count = unread(state).length;
    this.badge.hidden = count === 0 || this.isOpen;
    setText(this.badge, count > BADGE_MAX ? `${BADGE_MAX}+` : String(count));
    const { close, open, openUnread } = this.texts;
    this.launcher.setAttribute("aria-label", this.isOpen ? close : count > 0 ? openUnread(count) : open);
  }

  private renderHead(state: State): void {
    const { talkingTo, agent, waiting, withAssistant, ended } = this.texts;
    const { status, agentName } = state.owner;
    const words = { ai: withAssistant, waiting, with_agent: talkingTo(agentName ?? agent), closed: ended };
    setText(this.subtitle, words[status] ?? withAssistant);
  }

  private renderBanner(state: State): void {
    const { signIn, offline, refused, connecting } = this.texts;
    const waits = state.entries.some((entry) => entry.seq === null);
    const text = this.signIn
      ? signIn
      : state.link === "offline"
        ? offline
        : state.link === "refused"
          ? refused
          : state.link === "connecting" && waits
            ? connecting
            : "";
    this.banner.hidden = !text;
    this.anew.hidden = this.signIn || state.link !== "refused" || !state.session;
    setText(this.bannerText, text);
  }

  private renderQueue(state: State): void {
    const { queue, owner } = state;
    this.queue.hidden = owner.status !== "waiting";
    if (this.queue.hidden) return;
    const { place, wait, waitShort, notOpen, waiting } = this.texts;
    if (!queue) {
      setText(this.queue, waiting);
      return;
    }
    const minutes = Math.ceil((queue.waitSeconds ?? 0) / 60);
    const long = queue.waitSeconds === null ? null : queue.waitSeconds < 60 ? waitShort : wait(minutes);
    setText(this.queue, queue.open ? [place(queue.position), long].filter(Boolean).join(" · ") : notOpen);
  }

  private build(language: string): void {
    const { texts, setting } = this;
    const { deeds } = setting;
    this.badge = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });
    const toggle = () => (this.isOpen ? this.close() : this.open());
    this.launcher = h("button", {
      class: "launcher",
      type: "button",
      "aria-expanded": "false",
      "aria-haspopup": "dialog",
      onclick: toggle,
    });
    this.launcher.append(icon(...CHAT), this.badge);
    this.rating = new RatingView(texts, (score, comment) => deeds.rate(score, comment));
    this.log = new LogView(texts, language, this.rating.element, deeds.fetchFile);
    this.composer = new ComposerView(texts, deeds, setting.draft);
    this.queue = h("div", { class: "queue", role: "status", hidden: true });
    this.panel = h("section", { class: "panel", role: "dialog", hidden: true });
    this.panel.append(
      this.head(),
      this.bannerElement(),
      this.queue,
      this.log.element,
      this.tools(),
      this.composer.element,
    );
    const direction = isRightToLeft(setting.language) ? "rtl" : "ltr";
    this.root = h("div", { class: "root", dir: direction, lang: language }, this.panel, this.launcher);
    this.root.addEventListener("keydown", (event) => {
      // The page's own shortcuts are not meant while somebody writes here.
      event.stopPropagation();
      if (event.key === "Escape" && !event.isComposing) this.close();
    });
    this.takeDrops();
    this.shadow.append(this.root);
  }

  private head(): HTMLElement {
    this.subtitle = h("p", { class: "with", role: "status" });
    this.soundButton = h("button", { class: "plain", type: "button", onclick: () => this.toggleSound() });
    this.showSound();
    const close = h("button", {
      class: "plain",
      type: "button",
      "aria-label": this.texts.close,
      onclick: () => this.close(),
    });
    close.append(icon(...CLOSE));
    this.heading = h("h2");
    const heading = h("div", { class: "heading" }, this.heading, this.subtitle);
    return h("div", { class: "head" }, heading, this.soundButton, close);
  }

  private bannerElement(): HTMLElement {
    this.bannerText = h("span", { role: "status" });
    this.anew = h(
      "button",
      { type: "button", hidden: true, onclick: () => this.setting.deeds.startAnew() },
      this.texts.anew,
    );
    this.banner = h("div", { class: "banner", hidden: true }, this.bannerText, this.anew);
    return this.banner;
  }

  private tools(): HTMLElement {
    const ask = () => this.setting.deeds.askForHuman();
    this.human = h("button", { class: "human", type: "button", onclick: ask }, icon(...PERSON), h("span"));
    return h("div", { class: "tools" }, this.human);
  }

  private toggleSound(): void {
    this.setting.sound = !this.setting.sound;
    this.setting.deeds.sound(this.setting.sound);
    this.showSound();
  }

  private showSound(): void {
    const { sound } = this.setting;
    const label = sound ? this.texts.soundOff : this.texts.soundOn;
    this.soundButton.replaceChildren(icon(...(sound ? SOUND : SILENT)));
    this.soundButton.setAttribute("aria-label", label);
    this.soundButton.title = label;
  }

  /** What is dropped here goes with the next message, and never replaces the page. */
  private takeDrops(): void {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const dropping = (on: boolean) => this.root.classList.toggle("dropping", on);
    this.panel.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      dropping(true);
    });
    this.panel.addEventListener("dragleave", () => dropping(false));
    this.panel.addEventListener("drop", (event) => {
      dropping(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.composer.attach.add(event.dataTransfer?.files);
    });
  }

  private takeSide(): void {
    const { position } = this.setting.look;
    this.root.classList.toggle("left", position === "left");
    this.root.classList.toggle("right", position === "right");
  }

  private dark(): void {
    const { theme } = this.setting.look;
    const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    this.root.classList.toggle("dark", dark);
  }
}
