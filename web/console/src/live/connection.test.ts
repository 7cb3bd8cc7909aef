import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, type ConnectionDeps } from "./connection";

class Socket {
  static all: Socket[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  constructor() {
    Socket.all.push(this);
  }
  send() {}
  close() {
    this.closed = true;
  }
}

const WELCOME = { data: JSON.stringify({ type: "welcome" }) };

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("window", { addEventListener: vi.fn(), removeEventListener: vi.fn() });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function started(probe: ConnectionDeps["probe"] = async () => undefined) {
  const onPhase = vi.fn();
  const connection = new Connection({
    url: () => "ws://desk.example/ws/agent",
    token: () => "token",
    hello: () => ({ type: "hello", watch: [], scope: "mine" }),
    onFrame: () => undefined,
    onPhase,
    onExpired: () => undefined,
    probe,
  });
  connection.start();
  return { connection, onPhase };
}

describe("the connection", () => {
  it("gives up a socket that opens and then says nothing", async () => {
    const { onPhase } = started();
    Socket.all[0]?.onopen?.();
    await vi.advanceTimersByTimeAsync(14_000);
    expect(onPhase).toHaveBeenLastCalledWith("connecting", null, null);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(Socket.all[0]?.closed).toBe(true);
    expect(Socket.all).toHaveLength(2);
  });

  it("keeps one that was welcomed", async () => {
    const { connection } = started();
    Socket.all[0]?.onopen?.();
    Socket.all[0]?.onmessage?.(WELCOME);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(connection.isOpen).toBe(true);
    expect(Socket.all).toHaveLength(1);
  });

  it("does not let a late word about a refused socket end the next one", async () => {
    const answers: (() => void)[] = [];
    const { connection } = started(() => new Promise<void>((answer) => answers.push(answer)));
    Socket.all[0]?.onclose?.({ code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(17_000);
    Socket.all[1]?.onopen?.();
    Socket.all[1]?.onmessage?.(WELCOME);
    answers[0]?.();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(connection.isOpen).toBe(true);
    expect(Socket.all).toHaveLength(2);
  });
});
