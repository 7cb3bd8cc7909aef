// One socket that comes back: after a growing, random pause, at once when the network or the page returns.

import { type ClientFrame, parse, type ServerFrame } from "./frames";

const FIRST_PAUSE_MS = 500;
const PAUSE_MAX_MS = 30_000;
/** A handshake that takes longer has failed. */
const OPEN_MS = 15_000;
/** A clock that jumped further than this says that the machine slept, and the socket with it. */
const SLEPT_MS = 40_000;
const WATCH_MS = 10_000;
/** A page that is looked at again does not trust a socket that was silent for longer. */
const SILENT_MS = 60_000;

/** The credential has ended: a new one is needed before coming back. */
export const CREDENTIAL_ENDED = 4401;

export type Address = { url: string; protocols: string[] };

export type Listener = {
  /** Where to connect; asked before each attempt. */
  address(): Promise<Address>;
  opened(): void;
  /** An address was asked for, and then not used. */
  abandoned(): void;
  frame(frame: ServerFrame): void;
  /** `tries`: attempts in a row that were refused or failed before the server said hello. */
  lost(code: number, tries: number): void;
};

export class Connection {
  private socket: WebSocket | null = null;
  private wanted = false;
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private lastTick = Date.now();
  private heardAt = Date.now();

  constructor(private readonly listener: Listener) {
    setInterval(() => this.watch(), WATCH_MS);
    addEventListener("online", () => this.restart());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.isStale()) this.restart();
    });
  }

  /** Connects, and stays so. */
  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    void this.connect();
  }

  stop(): void {
    this.wanted = false;
    clearTimeout(this.timer);
    this.drop();
  }

  /** The socket is taken to be dead, or the credential is another: a new one, now. */
  restart(): void {
    if (!this.wanted) return;
    clearTimeout(this.timer);
    if (this.socket) this.listener.lost(0, 0);
    this.drop();
    this.tries = 0;
    void this.connect();
  }

  send(frame: ClientFrame): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private async connect(): Promise<void> {
    this.attempt += 1;
    const attempt = this.attempt;
    const { url, protocols } = await this.listener.address();
    if (!this.wanted || attempt !== this.attempt) {
      this.listener.abandoned();
      return;
    }
    const socket = new WebSocket(url, protocols);
    this.socket = socket;
    this.heardAt = Date.now();
    const overdue = setTimeout(() => socket.close(), OPEN_MS);
    socket.onmessage = (event) => {
      this.heardAt = Date.now();
      const frame = parse(event.data);
      if (!frame || this.socket !== socket) return;
      if (frame.type === "connection_established") {
        clearTimeout(overdue);
        this.tries = 0;
        this.listener.frame(frame);
        this.listener.opened();
      } else this.listener.frame(frame);
    };
    socket.onclose = (event) => {
      clearTimeout(overdue);
      if (this.socket !== socket) return;
      this.socket = null;
      this.again(event.code);
    };
  }

  private again(code: number): void {
    this.tries += 1;
    this.listener.lost(code, this.tries);
    if (!this.wanted) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.connect(), pauseMs(this.tries, Math.random()));
  }

  private drop(): void {
    const { socket } = this;
    this.socket = null;
    this.attempt += 1;
    socket?.close();
  }

  private isStale(): boolean {
    return !this.socket || Date.now() - this.heardAt > SILENT_MS;
  }

  private watch(): void {
    const now = Date.now();
    const slept = now - this.lastTick > SLEPT_MS;
    this.lastTick = now;
    // A page in the background has slow timers; only one that is looked at needs a live socket now.
    if (slept && this.wanted && document.visibilityState === "visible") this.restart();
  }
}

/** Between half and all of a pause that doubles: so that not all come back at once. */
export function pauseMs(tries: number, random: number): number {
  const full = Math.min(PAUSE_MAX_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
  return Math.round(full * (0.5 + random / 2));
}
