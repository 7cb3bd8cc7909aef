// Carries the live state: frames and pages into the reducer, commands to the socket, and the outbox until it is empty.

import { randomId } from "../../../shared/ids";
import { api, checkToken } from "../api/client";
import { currentSession, markExpired, onSessionChange } from "../api/session";
import type { AgentStatus, Attachment, EventPage, SessionDetail, Summary } from "../api/types";
import { Connection } from "./connection";
import { type Ack, CommandError, type Hello, type ServerFrame } from "./frames";
import { newest, oldest, type PageKind, type SessionLog } from "./log";
import * as outbox from "./outbox";
import { DRAFT_ENDED_MS, reduce } from "./reducer";
import { type Action, initialState, isMine, type LiveState, type Scope } from "./state";

const PAGE = 100;
const GAP_PAGE = 500;
/** Further behind than this, an open conversation is loaded anew from its end. */
const CATCH_UP_MAX = 2_000;
const SWEEP_MS = 2_000;
const RESEND_MS = 3_000;
/** How long a conversation that was made ready is kept for the page that opens it. */
const READY_MS = 15_000;
/** How long the events of a summary may take after it before they are asked for. */
const TAIL_MS = 1_000;

export type Signal =
  | { kind: "offer"; summary: Summary }
  | { kind: "message"; session: string; text: string; from: string };

export class LiveStore {
  private state: LiveState = initialState;
  private readonly listeners = new Set<() => void>();
  private readonly signals = new Set<(signal: Signal) => void>();
  private readonly watched = new Map<string, number>();
  private readonly loading = new Map<string, Promise<void>>();
  private readonly sending = new Set<string>();
  private readonly tails = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly connection: Connection;
  private followers = 0;
  /** What the server was told last. */
  private toldScope: Scope = "mine";
  private storage: Storage | null = null;
  private user = "";
  private scheduled = false;
  private sweep: ReturnType<typeof setInterval> | undefined;
  private leaveSession: (() => void) | undefined;

  constructor() {
    this.connection = new Connection({
      url: () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/agent`,
      token: () => currentSession().session?.token ?? null,
      hello: () => this.hello(),
      onFrame: (frame) => this.onFrame(frame),
      onPhase: (phase, why, retryAt) => this.dispatch({ type: "phase", phase, why, retryAt }),
      onExpired: markExpired,
      probe: checkToken,
    });
  }

  readonly getState = () => this.state;

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  readonly onSignal = (listener: (signal: Signal) => void) => {
    this.signals.add(listener);
    return () => {
      this.signals.delete(listener);
    };
  };

  start(user: string) {
    this.user = user;
    this.storage = sessionStorageOrNull();
    const { scope } = this.state;
    this.state = { ...initialState, scope, outbox: outbox.recall(this.storage, user) };
    for (const session of this.watched.keys()) this.dispatch({ type: "opened", session });
    this.sweep = setInterval(() => this.sweepPassed(), SWEEP_MS);
    // The password was given again, or another tab has a newer token.
    this.leaveSession = onSessionChange(() => {
      if (!currentSession().expired) this.connection.now();
    });
    this.connection.start();
  }

  stop() {
    clearInterval(this.sweep);
    for (const timer of this.tails.values()) clearTimeout(timer);
    this.tails.clear();
    this.leaveSession?.();
    this.connection.stop();
  }

  reconnectNow() {
    this.connection.now();
  }

  /** Keeps a conversation's log at hand until the returned function is called. */
  watch(session: string): () => void {
    const count = this.watched.get(session) ?? 0;
    this.watched.set(session, count + 1);
    if (count === 0) {
      this.dispatch({ type: "opened", session });
      this.command("watch", { session }).catch(() => undefined);
    }
    return () => this.unwatch(session);
  }

  /** Hears of every session of the organization until the returned function is called. */
  followAll(): () => void {
    this.followers += 1;
    if (this.followers === 1) this.setScope("all");
    return () => {
      this.followers -= 1;
      if (this.followers === 0) this.setScope("mine");
    };
  }

  private setScope(scope: Scope) {
    this.dispatch({ type: "scope", scope });
    this.tellScope();
  }

  /** Without a connection the next hello says it; what changes between hello and welcome is said after the welcome. */
  private tellScope() {
    const { scope } = this.state;
    if (!this.connection.isOpen || scope === this.toldScope) return;
    this.toldScope = scope;
    this.command("scope", { scope }).catch(() => undefined);
  }

  private unwatch(session: string) {
    const count = (this.watched.get(session) ?? 1) - 1;
    if (count > 0) {
      this.watched.set(session, count);
      return;
    }
    this.watched.delete(session);
    this.dispatch({ type: "shut", session });
    this.command("unwatch", { session }).catch(() => undefined);
  }

  /** Summaries that came by REST: the list of everything, a customer's history. */
  know(summaries: Summary[]) {
    if (summaries.length > 0) this.dispatch({ type: "known", summaries });
  }

  command(type: string, fields: Record<string, unknown>): Promise<Ack> {
    return this.connection.command(type, fields);
  }

  typing(session: string, active: boolean) {
    this.connection.tell("typing", { session, active });
  }

  setStatus(status: AgentStatus): Promise<Ack> {
    return this.command("status", { status });
  }

  /** Writes a message or a note. It is kept until the server has it, whatever happens to the connection. */
  post(kind: "send" | "note", session: string, text: string, files: Attachment[] = []) {
    const at = new Date().toISOString();
    const with_ = files.length > 0 ? { attachments: files } : {};
    const item = { client_id: randomId(), kind, session, text, at, ...with_ };
    this.setOutbox(outbox.add(this.state.outbox, item));
    this.flush();
  }

  retry(clientId: string) {
    this.setOutbox(outbox.again(this.state.outbox, clientId));
    this.flush();
  }

  discard(clientId: string) {
    this.setOutbox(outbox.drop(this.state.outbox, clientId));
  }

  /** Has a conversation here before it is on the screen, so that it opens as a whole. */
  async makeReady(session: string): Promise<void> {
    setTimeout(this.watch(session), READY_MS);
    await this.loadIfNeeded(session);
  }

  /** The end of an open conversation, unless it is here and followed already. */
  async loadIfNeeded(session: string): Promise<void> {
    if (!this.state.logs[session]?.loaded) await this.loadLatest(session);
  }

  /** The end of an open conversation. Rejects with the server's refusal. */
  loadLatest(session: string): Promise<void> {
    return this.once(`latest:${session}`, async () => {
      const { session: summary } = await api.get<SessionDetail>(`/sessions/${encodeURIComponent(session)}`);
      this.know([summary]);
      await this.loadPage(session, "latest", { before: summary.seq + 1, limit: PAGE });
      this.checkTail(session);
    });
  }

  async loadOlder(session: string): Promise<void> {
    const log = this.state.logs[session];
    if (!log?.loaded || log.atStart) return;
    await this.once(`older:${session}`, () =>
      this.loadPage(session, "older", { before: oldest(log), limit: PAGE }),
    );
  }

  private async loadPage(session: string, kind: PageKind, query: Record<string, number>) {
    const page = await api.get<EventPage>(`/sessions/${encodeURIComponent(session)}/events`, query);
    this.dispatch({ type: "page", session, items: page.items, more: page.more, kind });
  }

  /** Asks for what lies in a gap, until there is none. */
  private async fill(session: string): Promise<void> {
    await this.once(`gap:${session}`, async () => {
      for (;;) {
        const missing = this.state.logs[session]?.missing ?? null;
        if (missing === null) return;
        await this.loadPage(session, "newer", { after: missing, limit: GAP_PAGE });
      }
    }).catch(() => undefined);
  }

  private async catchUp(session: string): Promise<void> {
    const log = this.state.logs[session];
    const seq = this.state.summaries[session]?.seq ?? 0;
    if (!log?.loaded || seq - newest(log) > CATCH_UP_MAX) return this.loadLatest(session);
    await this.loadPage(session, "newer", { after: newest(log), limit: GAP_PAGE });
    await this.fill(session);
  }

  /** What happened between reading the log and being told of it live would be missed: the summary knows of it. */
  private checkTail(session: string) {
    if (this.tails.has(session) || !this.isBehind(session)) return;
    const timer = setTimeout(() => {
      this.tails.delete(session);
      if (this.isBehind(session)) void this.catchUp(session).catch(() => undefined);
    }, TAIL_MS);
    this.tails.set(session, timer);
  }

  private isBehind(session: string): boolean {
    const log = this.state.logs[session];
    return Boolean(log?.loaded) && newest(log as SessionLog) < (this.state.summaries[session]?.seq ?? 0);
  }

  private hello(): Hello {
    const watch = [...this.watched.keys()].flatMap((session) => {
      const log = this.state.logs[session];
      return log?.loaded ? [{ session, after: newest(log) }] : [];
    });
    const { position, scope } = this.state;
    this.toldScope = scope;
    return {
      type: "hello",
      ...(position === null ? {} : { after: position }),
      watch,
      scope,
    };
  }

  private onFrame(frame: ServerFrame) {
    this.dispatch({ type: "frame", frame, now: Date.now() });
    switch (frame.type) {
      case "lists":
        for (const session of frame.sessions) this.checkTail(session.id);
        break;
      case "ack":
        if (frame.session) this.checkTail(frame.session.id);
        break;
      case "welcome":
        this.dispatch({ type: "phase", phase: "open" });
        this.onWelcome();
        break;
      case "resync":
        for (const session of this.watched.keys()) void this.catchUp(session).catch(() => undefined);
        break;
      case "event":
        if ((this.state.logs[frame.session]?.missing ?? null) !== null) void this.fill(frame.session);
        if (frame.kind === "message" && frame.from === "customer")
          this.signalMessage(frame.session, frame.text);
        break;
      case "draft_ended":
        setTimeout(() => this.sweepPassed(), DRAFT_ENDED_MS);
        break;
      case "offer":
        this.signal({ kind: "offer", summary: frame.session });
        break;
    }
  }

  private onWelcome() {
    this.tellScope();
    for (const session of this.watched.keys()) {
      // Also of one whose log goes on: its owner may have changed meanwhile, and the ack has the summary.
      this.command("watch", { session }).catch(() => undefined);
      void this.loadIfNeeded(session).catch(() => undefined);
    }
    this.flush();
  }

  private signalMessage(session: string, text: string) {
    const summary = this.state.summaries[session];
    if (summary && isMine(this.state, summary)) {
      this.signal({ kind: "message", session, text, from: summary.customer.name ?? "Customer" });
    }
  }

  private signal(signal: Signal) {
    for (const listener of this.signals) listener(signal);
  }

  /** Sends what has no answer yet, one after the other in each session so that their order stays. */
  private flush() {
    if (!this.connection.isOpen) return;
    const busy = new Set(this.sending);
    for (const item of outbox.unsent(this.state.outbox)) {
      if (busy.has(item.session)) continue;
      busy.add(item.session);
      void this.deliver(item);
    }
  }

  private async deliver(item: outbox.OutboxItem) {
    this.sending.add(item.session);
    let wait = 0;
    try {
      const ack = await this.command(item.kind, {
        session: item.session,
        text: item.text,
        ...(item.attachments ? { attachments: item.attachments.map((file) => file.id) } : {}),
        client_id: item.client_id,
      });
      this.acked(item, typeof ack.seq === "number" ? ack.seq : 0);
    } catch (reason) {
      const error = reason instanceof CommandError ? reason : new CommandError("lost", String(reason));
      if (outbox.isPassing(error)) wait = RESEND_MS;
      else this.setOutbox(outbox.refuse(this.state.outbox, item.client_id, error.message));
    }
    this.sending.delete(item.session);
    if (wait > 0) setTimeout(() => this.flush(), wait);
    else this.flush();
  }

  private acked(item: outbox.OutboxItem, seq: number) {
    const log = this.state.logs[item.session];
    const shown = !log?.loaded || newest(log) >= seq;
    this.setOutbox(
      shown
        ? outbox.drop(this.state.outbox, item.client_id)
        : outbox.acked(this.state.outbox, item.client_id, seq),
    );
  }

  private setOutbox(next: outbox.OutboxItem[]) {
    this.dispatch({ type: "outbox", outbox: next });
  }

  private sweepPassed() {
    const { typing, drafts } = this.state;
    if (Object.keys(typing).length + Object.keys(drafts).length > 0)
      this.dispatch({ type: "passed", now: Date.now() });
  }

  /** The same work is not begun twice: whoever comes while it is under way shares its end. */
  private once(name: string, work: () => Promise<void>): Promise<void> {
    const running = this.loading.get(name);
    if (running) return running;
    const begun = work().finally(() => this.loading.delete(name));
    this.loading.set(name, begun);
    return begun;
  }

  private dispatch(action: Action) {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state === before) return;
    if (this.state.outbox !== before.outbox) outbox.keep(this.storage, this.user, this.state.outbox);
    this.announce();
  }

  /** A burst of frames is one rendering. */
  private announce() {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener();
    });
  }
}

function sessionStorageOrNull(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
