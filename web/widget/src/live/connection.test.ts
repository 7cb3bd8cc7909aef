import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Address, Connection } from "./connection";

class Socket {
  static all: Socket[] = [];
  static readonly OPEN = 1;
  readyState = 1;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    Socket.all.push(this);
  }
  close() {
    this.readyState = 3;
  }
}

const PLACE: Address = { url: "ws://desk.example/ws", protocols: [] };
let page: Map<string, () => void>;

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  page = new Map();
  const addEventListener = (name: string, fn: () => void) => void page.set(name, fn);
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("addEventListener", addEventListener);
  vi.stubGlobal("document", { addEventListener, visibilityState: "visible" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function connection(address: () => Promise<Address> = async () => PLACE) {
  const listener = { address, opened: vi.fn(), abandoned: vi.fn(), frame: vi.fn(), lost: vi.fn() };
  return { listener, connection: new Connection(listener) };
}

const settled = () => vi.advanceTimersByTimeAsync(0);

describe("the connection", () => {
  it("tells when an address that was asked for is not used, and uses the one asked for later", async () => {
    const answers: ((address: Address) => void)[] = [];
    const { listener, connection: one } = connection(() => new Promise((answer) => answers.push(answer)));
    one.start();
    one.restart();
    answers[0]?.(PLACE);
    await settled();
    expect(listener.abandoned).toHaveBeenCalledOnce();
    expect(Socket.all).toHaveLength(0);
    answers[1]?.(PLACE);
    await settled();
    expect(Socket.all).toHaveLength(1);
    expect(listener.abandoned).toHaveBeenCalledOnce();
  });

  it("takes a new socket when the network comes back: the old one may be dead", async () => {
    const { connection: one } = connection();
    one.start();
    await settled();
    page.get("online")?.();
    await settled();
    expect(Socket.all.map((socket) => socket.readyState)).toEqual([3, 1]);
  });

  it("does not trust a socket that was silent for long when the page is looked at again", async () => {
    const { connection: one } = connection();
    one.start();
    await settled();
    await vi.advanceTimersByTimeAsync(50_000);
    Socket.all[0]?.onmessage?.({ data: '{"type":"typing_stop"}' });
    await vi.advanceTimersByTimeAsync(50_000);
    page.get("visibilitychange")?.();
    await settled();
    expect(Socket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(11_000);
    page.get("visibilitychange")?.();
    await settled();
    expect(Socket.all).toHaveLength(2);
  });
});
