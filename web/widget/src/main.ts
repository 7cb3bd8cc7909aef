// `/widget.js`: reads its own tag, puts <switchboard-chat> into the page and gives the page `window.Switchboard`.

import { Conversation, type Identity } from "./live/conversation";
import { pageStorage } from "./live/storage";
import { type Look, lookFor, type Options, optionsOf } from "./options";
import { h } from "./view/dom";
import { ChatElement, type Deeds, TAG } from "./view/element";
import { chime } from "./view/sound";

type Events = {
  open: undefined;
  close: undefined;
  message: { from: string; text: string };
  unread: number;
  status: { status: string; agentName: string | null };
  token_expired: undefined;
};

type Api = {
  open(): void;
  close(): void;
  identify(identity: Identity | null): void;
  on<K extends keyof Events>(event: K, fn: (detail: Events[K]) => void): () => void;
};

declare global {
  interface Window {
    Switchboard?: Api;
  }
}

const DRAFT_KEY = "switchboard:draft";
const SOUND_KEY = "switchboard:sound";
const OPEN_KEY = "switchboard:open";

/** Whether the panel was open belongs to the tab, not to the page. */
function ofTab(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

class Widget implements Api {
  private readonly keep = pageStorage();
  private readonly listeners = new Map<string, Set<(detail: never) => void>>();
  private element: ChatElement | null = null;
  private conversation: Conversation;
  private identity: Identity | null;
  private wantsOpen = ofTab()?.getItem(OPEN_KEY) === "1";

  constructor(private readonly options: Options) {
    const { userId, token } = options;
    this.identity = userId ? { userId, token: token ?? undefined } : null;
    this.conversation = this.begin();
  }

  async show(): Promise<void> {
    const look = await lookFor(this.options, (late) => this.wear(late));
    if (!look) return;
    customElements.get(TAG) ?? customElements.define(TAG, ChatElement);
    const element = document.createElement(TAG) as ChatElement;
    element.furnish({
      look,
      language: this.options.language,
      deeds: this.deeds(),
      draft: this.draft(),
      sound: this.keep.get(SOUND_KEY) === "1",
    });
    document.body.append(element);
    this.element = element;
    if (look.email) this.addMail(element);
    element.render(this.conversation.state);
    if (this.wantsOpen) element.open();
  }

  /** What the organization has set, where it is known only once the widget shows. */
  private wear(look: Look | null): void {
    const { element } = this;
    if (!element) return;
    if (!look) {
      element.remove();
      this.element = null;
      return;
    }
    element.wear(look);
    if (look.email) this.addMail(element);
  }

  /** What few need is a script of its own. */
  private addMail(element: ChatElement): void {
    const { server, language } = this.options;
    element.mail = {
      language,
      begun: () => !!this.conversation.state.session,
      ask: (method, path, body) => this.conversation.mail(method, path, body),
    };
    document.head.append(h("script", { src: `${server}/widget-mail.js` }));
  }

  open(): void {
    this.wantsOpen = true;
    this.element?.open();
  }

  close(): void {
    this.wantsOpen = false;
    this.element?.close();
  }

  identify(identity: Identity | null): void {
    this.element?.askToSignIn(false);
    const same = identity?.userId === this.identity?.userId;
    // What one person was writing is not for the next one to read.
    if (!same) this.keep.remove(this.draftKey());
    this.identity = identity;
    if (same) {
      this.conversation.renew(identity?.token);
      return;
    }
    this.conversation.end();
    this.conversation = this.begin();
    this.element?.write(this.draft());
    this.element?.render(this.conversation.state);
  }

  on<K extends keyof Events>(event: K, fn: (detail: Events[K]) => void): () => void {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners);
    listeners.add(fn);
    return () => void listeners.delete(fn);
  }

  private emit<K extends keyof Events>(event: K, detail: Events[K]): void {
    for (const fn of this.listeners.get(event) ?? []) {
      try {
        (fn as (detail: Events[K]) => void)(detail);
      } catch (error) {
        // The page's own mistake, for the page's own console; the chat goes on.
        reportError(error);
      }
    }
  }

  private begin(): Conversation {
    const { server, organization } = this.options;
    return new Conversation({ server, organization }, this.identity, this.keep, {
      changed: (state, before) => {
        if (state.link === "online" && before.link !== "online") this.element?.askToSignIn(false);
        this.element?.render(state);
        const { owner } = state;
        if (owner.status !== before.owner.status || owner.agentName !== before.owner.agentName)
          this.emit("status", owner);
      },
      said: ({ from, text }) => {
        if (this.keep.get(SOUND_KEY) === "1") chime();
        this.emit("message", { from, text });
      },
      unread: (count) => this.emit("unread", count),
      credentialEnded: () => {
        this.element?.askToSignIn(true);
        this.emit("token_expired", undefined);
      },
    });
  }

  private draftKey(): string {
    return this.identity ? `${DRAFT_KEY}:${this.identity.userId}` : DRAFT_KEY;
  }

  private draft(): string {
    return this.keep.get(this.draftKey()) ?? "";
  }

  private deeds(): Deeds {
    return {
      say: (text, files) => this.conversation.say(text, files),
      bring: (file, progress) => this.conversation.bring(file, progress),
      fetchFile: (id) => this.conversation.fetchFile(id),
      type: (active) => this.conversation.type(active),
      drafted: (text) => (text ? this.keep.set(this.draftKey(), text) : this.keep.remove(this.draftKey())),
      askForHuman: () => this.conversation.askForHuman(),
      rate: (score, comment) => this.conversation.rate(score, comment),
      startAnew: () => this.conversation.startAnew(),
      see: () => this.conversation.see(),
      toggled: (open) => {
        try {
          ofTab()?.setItem(OPEN_KEY, open ? "1" : "0");
        } catch {
          // Then a reload closes the panel.
        }
        this.emit(open ? "open" : "close", undefined);
      },
      sound: (on) => this.keep.set(SOUND_KEY, on ? "1" : "0"),
    };
  }
}

function start(): void {
  const own = document.currentScript ?? document.querySelector('script[src*="/widget.js"]');
  if (window.Switchboard || !(own instanceof HTMLScriptElement)) return;
  const widget = new Widget(optionsOf(own));
  window.Switchboard = {
    open: () => widget.open(),
    close: () => widget.close(),
    identify: (identity) => widget.identify(identity),
    on: (event, fn) => widget.on(event, fn),
  };
  const show = () => void widget.show();
  if (document.body) show();
  else document.addEventListener("DOMContentLoaded", show);
}

start();
