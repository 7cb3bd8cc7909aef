import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Look, lookFor, type Options } from "./options";

const OPTIONS: Options = {
  server: "https://chat.example",
  organization: "shop",
  language: "en",
  userId: null,
  token: null,
  look: { position: "left" },
};

type Answer = { status: number; body?: object };

/** A server that answers each question by what it is told, after a while. */
function server(...answers: (Answer & { afterMs: number })[]) {
  const asked = vi.fn((_url: string, { signal }: RequestInit) => {
    const answer = answers[Math.min(asked.mock.calls.length, answers.length) - 1];
    return new Promise<Response>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      const { status, body, afterMs } = answer ?? { status: 500, afterMs: 0 };
      setTimeout(() => resolve(new Response(JSON.stringify(body ?? {}), { status })), afterMs);
    });
  });
  vi.stubGlobal("fetch", asked);
  return asked;
}

describe("what the organization has set", () => {
  const late: (Look | null)[] = [];
  const look = () => lookFor(OPTIONS, (look) => late.push(look));

  beforeEach(() => {
    late.length = 0;
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is what the widget begins with where it is known soon", async () => {
    const asked = server({
      afterMs: 1_000,
      status: 200,
      body: { title: "Help", position: "right", email: true },
    });
    const first = look();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await first).toMatchObject({ title: "Help", position: "left", email: true });
    await vi.runAllTimersAsync();
    expect(late).toEqual([]);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("is taken when it comes late, and the widget does not wait for it", async () => {
    const asked = server({ afterMs: 20_000, status: 200, body: { color: "#000000", email: true } });
    const first = look();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await first).toMatchObject({ title: null, position: "left", email: false });
    expect(late).toEqual([]);
    await vi.advanceTimersByTimeAsync(16_000);
    expect(late).toMatchObject([{ color: "#000000", position: "left", email: true }]);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("is asked for again where the server fails, and not for ever", async () => {
    const asked = server({ afterMs: 10, status: 503 }, { afterMs: 10, status: 200, body: { email: true } });
    const first = look();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await first).toMatchObject({ email: false });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(late).toMatchObject([{ email: true }]);
    expect(asked).toHaveBeenCalledTimes(2);

    const deaf = server({ afterMs: 10, status: 503 });
    await Promise.all([look(), vi.runAllTimersAsync()]);
    expect(deaf).toHaveBeenCalledTimes(6);
    expect(late).toHaveLength(1);
  });

  it("is asked for again where nothing is heard", async () => {
    const asked = server(
      { afterMs: 3_600_000, status: 200 },
      { afterMs: 10, status: 200, body: { email: true } },
    );
    const first = look();
    await vi.advanceTimersByTimeAsync(60_000 + 10_000 + 10);
    expect(await first).toMatchObject({ email: false });
    expect(late).toMatchObject([{ email: true }]);
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("keeps the widget from a page that may not have it, late too", async () => {
    server({ afterMs: 10, status: 403 });
    const soon = look();
    await vi.advanceTimersByTimeAsync(10);
    expect(await soon).toBeNull();
    server({ afterMs: 5_000, status: 403 });
    const first = look();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await first).not.toBeNull();
    expect(late).toEqual([null]);
  });

  it("is nothing where the organization is not known, and not asked for again", async () => {
    const asked = server({ afterMs: 10, status: 404 });
    const first = look();
    await vi.advanceTimersByTimeAsync(10);
    expect(await first).toMatchObject({ title: null, email: false });
    await vi.runAllTimersAsync();
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
