// The customer's conversation: state, outbox and connection put together. What the page shows comes out of `state`; what the customer
// does comes in by the verbs.

import { randomId } from "../../../shared/ids";
import { type Address, Connection, CREDENTIAL_ENDED } from "./connection";
import { type FileInfo, upload } from "./files";
import type { ServerFrame } from "./frames";
import { type Item, Outbox, type Task } from "./outbox";
import { Sender } from "./sender";
import { type Action, EMPTY, type Kept, kept, newest, reduce, type Said, type State, unread } from "./state";
import { type Keep, readJson } from "./storage";
import { joinTabs, type Tabs } from "./tabs";

const ADOPT_MS = 5_000;
/** How long a file waits for a session. */
const ENTER_MS = 15_000;
const SAVE_MS = 150;
const TYPING_LASTS_MS = 30_000;
/** A draft that ended is about to come as a message; past this it was thrown away. */
const DRAFT_LASTS_MS = 1_500;
/** Failures in a row, before the customer is told. */
const TELL_AFTER_TRIES = 2;

export type Identity = { userId: string; token?: string | undefined };
export type Place = { server: string; organization: string };

export type Watcher = {
  changed(state: State, before: State): void;
  said(message: Said): void;
  unread(count: number): void;
  credentialEnded(): void;
};

export class Conversation {
  state: State = EMPTY;
  private readonly prefix: string;
  private readonly tabs: Tabs;
  private readonly outbox: Outbox;
  private readonly connection: Connection;
  private readonly sender: Sender;
  private endTurn = () => {};
  private saving: ReturnType<typeof setTimeout> | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private draftTimer: ReturnType<typeof setTimeout> | undefined;
  private adoptTimer: ReturnType<typeof setTimeout> | undefined;
  private readSent = 0;
  private readonly waiting: (() => void)[] = [];
  private ended = false;

  constructor(
    private readonly place: Place,
    private identity: Identity | null,
    private readonly keep: Keep,
    private readonly watcher: Watcher,
  ) {
    const host = new URL(place.server).host;
    this.prefix = `switchboard:${host}:${place.organization}:${identity ? `u:${identity.userId}` : "anonymous"}:`;
    this.tabs = joinTabs(this.prefix, keep, randomId());
    this.outbox = new Outbox(keep, `${this.prefix}out:`, this.tabs);
    this.connection = new Connection({
      address: () => this.address(),
      opened: () => this.opened(),
      frame: (frame) => this.frame(frame),
      lost: (code, tries) => this.lost(code, tries),
      abandoned: () => this.endTurn(),
    });
    this.sender = new Sender(this.outbox, {
      online: () => this.state.link === "online",
      send: (frame) => this.connection.send(frame),
      silent: () => this.connection.restart(),
      refused: (id) => this.apply({ type: "refused", id }),
    });
    this.restore();
    addEventListener("storage", this.onStorage);
    addEventListener("pagehide", this.save);
    // Who has begun before is reached when something is said.
    if (this.state.session || this.outbox.all().length > 0) this.start();
  }

  start(): void {
    if (this.ended) return;
    if (this.state.link === "idle") this.apply({ type: "link", link: "connecting" });
    this.connection.start();
  }

  /** Another person has the page now. */
  end(): void {
    this.save();
    this.ended = true;
    clearTimeout(this.typingTimer);
    clearTimeout(this.draftTimer);
    clearTimeout(this.adoptTimer);
    removeEventListener("storage", this.onStorage);
    removeEventListener("pagehide", this.save);
    this.connection.stop();
    this.sender.interrupted();
    this.endTurn();
    this.tabs.stop();
  }

  /** A new credential of the same person. */
  renew(token: string | undefined): void {
    if (!this.identity || this.identity.token === token) return;
    this.identity = { ...this.identity, token };
    // Where the last token was refused, the new one waits for its turn: it may be refused too.
    if (this.state.link === "online") this.connection.restart();
    else this.connection.start();
  }

  /** False when too much waits already. */
  say(text: string, files: FileInfo[] = []): boolean {
    const at = Date.now();
    const task: Task = { id: randomId(), kind: "text", text, at, ...(files.length ? { files } : {}) };
    if (!this.outbox.add(task)) return false;
    this.apply({ type: "posted", id: task.id, text, at, files });
    this.wake();
    return true;
  }

  /** Brings a file to the session, which is begun for it if there is none. */
  async bring(file: File, progress: (part: number) => void): Promise<FileInfo> {
    await this.entered();
    return upload(
      this.under(`files?name=${encodeURIComponent(file.name)}&`),
      this.credential(),
      file,
      progress,
    );
  }

  /** The bytes of a file of the session. */
  async fetchFile(id: string): Promise<Blob> {
    await this.entered();
    const answer = await fetch(this.under(`files/${id}?`), { headers: this.credential() });
    if (!answer.ok) throw answer.status;
    return answer.blob();
  }

  /** Asks for something of replies by e-mail (`src/mail`). */
  async mail(method: string, path: string, body?: object): Promise<Response> {
    await this.entered();
    const headers = { ...this.credential(), "content-type": "application/json" };
    return fetch(this.under(`email${path}?`), { method, headers, body: body ? JSON.stringify(body) : null });
  }

  /** The address of something of the session. */
  private under(rest: string): string {
    const { server, organization } = this.place;
    return `${server}/api/core/sessions/${this.state.session}/${rest}organization=${organization}`;
  }

  private credential(): Record<string, string> {
    const token = this.identity?.token;
    return token ? { authorization: `Bearer ${token}` } : { "x-session-secret": this.state.secret ?? "" };
  }

  /** Waits for a session; not for ever. */
  private entered(): Promise<void> {
    this.start();
    return new Promise((resolve, reject) => {
      if (this.state.session) resolve();
      this.waiting.push(resolve);
      setTimeout(reject, ENTER_MS, 0);
    });
  }

  askForHuman(): void {
    if (this.outbox.all().some((item) => item.kind === "handover")) return;
    const id = randomId();
    if (!this.outbox.add({ id, kind: "handover", at: Date.now() })) return;
    this.apply({ type: "handover_asked", id });
    this.wake();
  }

  rate(score: number, comment: string): void {
    this.outbox.add({ id: randomId(), kind: "rate", score, comment, at: Date.now() });
    this.apply({ type: "scored", score });
    this.wake();
  }

  type(active: boolean): void {
    this.start();
    this.connection.send({ type: "typing", isTyping: active, timestamp: new Date().toISOString() });
  }

  /** Everything that is shown has been seen. */
  see(): void {
    const seq = newest(this.state);
    if (seq > this.state.seen) this.apply({ type: "seen", seq });
    if (this.state.link === "online" && seq > this.readSent && this.connection.send({ type: "read", seq }))
      this.readSent = seq;
  }

  /** Leaves the session behind; what waits in the outbox opens the new one. */
  startAnew(): void {
    const restored: Kept = kept(EMPTY);
    const waiting = this.state.entries.filter((entry) => entry.seq === null);
    this.apply({ type: "restored", kept: { ...restored, entries: waiting } });
    this.keep.remove(`${this.prefix}log`);
    this.readSent = 0;
    this.connection.restart();
  }

  private wake(): void {
    this.start();
    this.sender.flush();
  }

  private apply(action: Action): void {
    if (this.ended) return;
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state === before) return;
    if (action.type !== "restored") {
      clearTimeout(this.saving);
      this.saving = setTimeout(this.save, SAVE_MS);
    }
    this.watcher.changed(this.state, before);
    const count = unread(this.state).length;
    if (count !== unread(before).length) this.watcher.unread(count);
  }

  private frame(frame: ServerFrame): void {
    const before = this.state;
    this.apply({ type: "frame", frame, now: Date.now() });
    if (frame.type === "connection_established") {
      this.save();
      for (const go of this.waiting.splice(0)) go();
    }
    if (frame.type === "message" || frame.type === "handover_initiated") this.tell(before);
    if (frame.type === "typing_start") {
      clearTimeout(this.typingTimer);
      this.typingTimer = setTimeout(() => this.apply({ type: "typing_expired" }), TYPING_LASTS_MS);
    }
    if (frame.type === "draft_end") {
      clearTimeout(this.draftTimer);
      this.draftTimer = setTimeout(() => this.apply({ type: "draft_expired" }), DRAFT_LASTS_MS);
    }
    this.sender.settle(frame);
  }

  /** Others' words that were not known before and have not been seen in another tab. */
  private tell(before: State): void {
    const known = new Set(before.entries.map((entry) => entry.key));
    for (const entry of this.state.entries) {
      if (entry.kind !== "said" || entry.from === "customer" || known.has(entry.key)) continue;
      if ((entry.seq ?? 0) > this.state.seen) this.watcher.said(entry);
    }
  }

  private opened(): void {
    this.endTurn();
    this.readSent = 0;
    this.apply({ type: "link", link: "online" });
    void this.adopt();
  }

  private async adopt(): Promise<void> {
    clearTimeout(this.adoptTimer);
    const othersHold = await this.outbox.adopt().catch(() => false);
    this.showWaiting();
    this.sender.flush();
    if (othersHold && this.state.link === "online")
      this.adoptTimer = setTimeout(() => void this.adopt(), ADOPT_MS);
  }

  private lost(code: number, tries: number): void {
    this.endTurn();
    this.sender.interrupted();
    if (code === CREDENTIAL_ENDED) {
      this.credentialEnded();
      return;
    }
    const { link } = this.state;
    if (tries < TELL_AFTER_TRIES) {
      if (link !== "offline" && link !== "refused") this.apply({ type: "link", link: "connecting" });
      return;
    }
    void this.tellWhy();
  }

  /** A page is not told why a handshake failed. Where the server can be reached at all, it was the server that refused. */
  private async tellWhy(): Promise<void> {
    const token = this.identity?.token;
    const reached = await fetch(`${this.place.server}/livez`, { mode: "no-cors", cache: "no-store" }).then(
      () => true,
      () => false,
    );
    if (this.ended || this.state.link === "online") return;
    this.apply({ type: "link", link: reached ? "refused" : "offline" });
    if (reached && token && token === this.identity?.token) this.watcher.credentialEnded();
  }

  private credentialEnded(): void {
    this.connection.stop();
    this.apply({ type: "link", link: "refused" });
    this.watcher.credentialEnded();
  }

  private async address(): Promise<Address> {
    if (!this.state.session) await this.turnToBegin();
    const { session, secret, position } = this.state;
    const query = new URLSearchParams({ userId: this.identity?.userId ?? this.visitor() });
    query.set("after", position ? `${position.epoch}:${position.seq}` : "0");
    if (session) query.set("sessionId", session);
    const token = this.identity?.token;
    if (!token) {
      query.set("organization", this.place.organization);
      if (secret) query.set("resume", secret);
    }
    const url = `${this.place.server.replace(/^http/, "ws")}/ws?${query}`;
    return { url, protocols: ["switchboard.v1", ...(token ? [`bearer.${token}`] : [])] };
  }

  /** Of several tabs one begins the session; the others find it afterwards. Holds the turn until the server has answered. */
  private turnToBegin(): Promise<void> {
    return new Promise((holding) => {
      const turn = () =>
        new Promise<void>((release) => {
          this.restore();
          this.endTurn = release;
          if (this.state.session) release();
          holding();
        });
      this.tabs.alone("begin", turn).catch(() => holding());
    });
  }

  private visitor(): string {
    const key = `${this.prefix}visitor`;
    const known = this.keep.get(key);
    if (known) return known;
    const fresh = `visitor-${randomId()}`;
    this.keep.set(key, fresh);
    return fresh;
  }

  private restore(): void {
    const found = readJson<Kept>(this.keep, `${this.prefix}log`);
    if (found && Array.isArray(found.entries)) {
      const waiting = this.state.entries.filter((entry) => entry.seq === null);
      this.apply({
        type: "restored",
        kept: { ...kept(EMPTY), ...found, entries: [...found.entries, ...waiting] },
      });
    }
    this.showWaiting();
  }

  private showWaiting(): void {
    for (const item of this.outbox.all()) {
      if (item.kind === "text") this.show(item);
      if (item.kind === "handover") this.apply({ type: "handover_asked", id: item.id });
    }
  }

  private show(item: { id: string; text: string; at: number; files?: FileInfo[] }): void {
    this.apply({ type: "posted", id: item.id, text: item.text, at: item.at, files: item.files });
  }

  /** Never over what another tab knows better: each tab's state is whole up to its position. */
  private readonly save = (): void => {
    clearTimeout(this.saving);
    if (!this.state.session || this.ended) return;
    const key = `${this.prefix}log`;
    const stored = readJson<Kept>(this.keep, key);
    const mine = kept(this.state);
    const same = stored?.session === mine.session && stored?.position?.epoch === mine.position?.epoch;
    const ahead = same && (stored?.position?.seq ?? 0) > (mine.position?.seq ?? 0);
    const value = ahead && stored ? stored : mine;
    value.seen = Math.max(mine.seen, same ? (stored?.seen ?? 0) : 0);
    this.keep.set(key, JSON.stringify(value));
  };

  private readonly onStorage = (event: StorageEvent): void => {
    if (event.key === `${this.prefix}log` && event.newValue) this.onOtherTab(event.newValue);
    if (event.key?.startsWith(`${this.prefix}out:`) && event.newValue) {
      const item = readJson<Item>(this.keep, event.key);
      if (item?.kind === "text") this.show(item);
    }
  };

  private onOtherTab(value: string): void {
    let other: Kept;
    try {
      other = JSON.parse(value);
    } catch {
      return;
    }
    if (other.session === this.state.session) {
      this.apply({ type: "seen", seq: other.seen });
      return;
    }
    this.restore();
    if (this.state.link === "idle") this.start();
    else this.connection.restart();
  }
}
