import { describe, expect, it } from "vitest";
import type { ChannelState } from "../../api/types";
import { isAiling, needsSomebody } from "./StateOfChannel";

const channel = (state: ChannelState["state"], alerted_at: string | null): ChannelState => ({
  channel: "whatsapp",
  account: "900000000000001",
  way: "out",
  state,
  since: "2026-11-22T12:00:00.000Z",
  failures: 0,
  error: null,
  worked_at: null,
  alerted_at,
});

describe("a channel", () => {
  it("needs somebody while it does not work, and while it fails and works by turns", () => {
    expect(needsSomebody(channel("working", null))).toBe(false);
    expect(needsSomebody(channel("blocked", null))).toBe(true);
    const flapping = channel("working", "2026-11-22T12:10:00.000Z");
    expect([isAiling(flapping), needsSomebody(flapping)]).toEqual([false, true]);
  });
});
