// One socket to /ws/agent that comes back by itself: hello, commands with their answers, backoff with jitter. It knows
// nothing of what the frames mean; the store does.
import type { ApiError } from "../api/client";
import { type Ack, CommandError, type ErrorFrame, type Hello, type ServerFrame } from "./frames";
import type { Phase } from "./state";

const PROTOCOL = "switchboard.agent.v1";
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 15_000;
const ANSWER_MAX_MS = 12_000;
/** A handshake that is not answered by a welcome for so long has failed. */
const WELCOME_MAX_MS = 15_000;
/** After so long without a frame the connection is tried with a command: a dead one is not always told. */
const QUIET_MAX_MS = 40_000;
const TOKEN_EXPIRED = 4401;

/** Doubles up to a limit; the random half keeps a thousand consoles from coming back in the same instant. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 10));
  return full / 2 + (full / 2) * random;
}

export interface ConnectionDeps {
  url: () => string;
  token: () => string | null;
  hello: () => Hello;
  onFrame: (frame: ServerFrame) => void;
  onPhase: (phase: Phase, why: string | null, retryAt: number | null) => void;
  onExpired: (token: string) => void;
  /** Asks by REST whether the token still holds: a browser does not see why a handshake was refused. */
  probe: () => Promise<unknown>;
}

interface Waiting {
  resolve: (ack: Ack) => void;
  reject: (error: CommandError) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class Connection {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private nextId = 1;
  private welcomed = false;
  private running = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private quiet: ReturnType<typeof setTimeout> | undefined;
  private overdue: ReturnType<typeof setTimeout> | undefined;
  private readonly waiting = new Map<string, Waiting>();

  constructor(private readonly deps: ConnectionDeps) {}

  start() {
    if (this.running) return;
    this.running = true;
    window.addEventListener("online", this.now);
    window.addEventListener("offline", this.gone);
    this.connect();
  }

  stop() {
    this.running = false;
    window.removeEventListener("online", this.now);
    window.removeEventListener("offline", this.gone);
    clearTimeout(this.retry);
    this.leave();
    this.deps.onPhase("stopped", null, null);
  }

  /** Does not wait for the next try. */
  readonly now = () => {
    if (!this.running || this.socket) return;
    clearTimeout(this.retry);
    this.attempt = 0;
    this.connect();
  };

  private readonly gone = () => {
    if (this.socket) this.lost("This computer is offline.");
  };

  /** True when commands can be sent: the server has welcomed us. */
  get isOpen(): boolean {
    return this.welcomed;
  }

  command(type: string, fields: Record<string, unknown>): Promise<Ack> {
    return new Promise((resolve, reject) => {
      if (!this.welcomed || !this.socket) {
        reject(new CommandError("lost", "There is no connection to the server at the moment."));
        return;
      }
      const id = `c${this.nextId++}`;
      const timer = setTimeout(() => this.lost("The server did not answer."), ANSWER_MAX_MS);
      this.waiting.set(id, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ type, id, ...fields }));
    });
  }

  /** For what has no answer: typing. Lost without harm. */
  tell(type: string, fields: Record<string, unknown>) {
    if (this.welcomed) this.socket?.send(JSON.stringify({ type, id: `c${this.nextId++}`, ...fields }));
  }

  private connect() {
    const token = this.deps.token();
    if (!token) return;
    this.deps.onPhase("connecting", null, null);
    const socket = new WebSocket(this.deps.url(), [PROTOCOL, `bearer.${token}`]);
    this.socket = socket;
    let opened = false;
    clearTimeout(this.overdue);
    this.overdue = setTimeout(() => this.lost("The server did not answer."), WELCOME_MAX_MS);
    socket.onopen = () => {
      opened = true;
      socket.send(JSON.stringify(this.deps.hello()));
    };
    socket.onmessage = (message) => {
      if (this.socket === socket) this.take(String(message.data));
    };
    socket.onclose = (close) => {
      if (this.socket !== socket) return;
      if (close.code === TOKEN_EXPIRED) this.expired(token);
      else if (opened) this.lost(close.reason || null);
      else void this.refused(socket, token);
    };
  }

  private take(text: string) {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.tryIt(), QUIET_MAX_MS);
    let frame: ServerFrame;
    try {
      frame = JSON.parse(text) as ServerFrame;
    } catch {
      this.lost("The server sent something that cannot be read.");
      return;
    }
    if (frame.type === "welcome") {
      clearTimeout(this.overdue);
      this.welcomed = true;
      this.attempt = 0;
    }
    this.deps.onFrame(frame);
    if (frame.type === "ack" || frame.type === "error") this.answer(frame);
  }

  private answer(frame: Ack | ErrorFrame) {
    const waiting = frame.id === null ? undefined : this.waiting.get(frame.id);
    if (!waiting || frame.id === null) return;
    this.waiting.delete(frame.id);
    clearTimeout(waiting.timer);
    if (frame.type === "ack") waiting.resolve(frame);
    else waiting.reject(new CommandError(frame.code, frame.message, frame.field));
  }

  private tryIt() {
    this.command("scope", { scope: this.deps.hello().scope }).catch(() => undefined);
  }

  private leave() {
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    clearTimeout(this.quiet);
    clearTimeout(this.overdue);
    socket?.close();
    const error = new CommandError("lost", "The connection was lost before the server answered.");
    for (const waiting of this.waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(error);
    }
    this.waiting.clear();
  }

  private lost(why: string | null) {
    this.leave();
    if (!this.running) return;
    const wait = backoffMs(this.attempt++, Math.random());
    this.deps.onPhase("waiting", why, Date.now() + wait);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), wait);
  }

  private expired(token: string) {
    this.leave();
    // A newer token may be here already: it was renewed while the socket lived on the old one.
    if (this.deps.token() !== token) {
      this.connect();
      return;
    }
    this.deps.onPhase("expired", null, null);
    this.deps.onExpired(token);
  }

  private async refused(socket: WebSocket, token: string) {
    const error = (await this.deps.probe().catch((reason: ApiError) => reason)) as
      | Partial<ApiError>
      | undefined;
    // Meanwhile another try may have been begun.
    if (!this.running || this.socket !== socket) return;
    if (error?.status === 401) this.expired(token);
    else if (error?.status === 403) {
      this.leave();
      this.deps.onPhase("refused", error.message ?? null, null);
    } else this.lost(null);
  }
}
