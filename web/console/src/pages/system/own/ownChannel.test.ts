import { describe, expect, it } from "vitest";
import type { OwnChannel } from "../../../api/channels";
import type { ChannelState } from "../../../api/types";
import {
  accountName,
  changesOf,
  inboundUrl,
  newChannel,
  problemsOf,
  stateOf,
  typedChannel,
  wantedOf,
} from "./ownChannel";

const channel: OwnChannel = {
  id: "0190a6f4-7c1e-7000-8000-000000000071",
  name: "The shop's app",
  inbound_path: "/api/channels/webhook/default/0190a6f4-7c1e-7000-8000-000000000071/messages",
  reply_url: "https://app.shop.example/replies",
  enabled: true,
  previous_secret_until: null,
  created_at: "2026-11-22T12:00:00.000Z",
  updated_at: "2026-11-22T12:00:00.000Z",
};

const state = (account: string, way: "in" | "out"): ChannelState => ({
  channel: "webhook",
  account,
  way,
  state: "working",
  since: "2026-11-22T12:00:00.000Z",
  failures: 0,
  error: null,
  worked_at: null,
  alerted_at: null,
});

describe("an own channel as it is typed", () => {
  it("has a name, and an address for replies", () => {
    expect(problemsOf(newChannel)).toEqual({
      name: "Enter what people call it.",
      reply_url: expect.stringMatching(/full address/),
    });
    const typed = { name: " The app ", reply_url: ` ${channel.reply_url} ` };
    expect(problemsOf(typed)).toEqual({ name: null, reply_url: null });
    expect(wantedOf(typed)).toEqual({ name: "The app", reply_url: channel.reply_url });
    expect(problemsOf({ ...typed, name: "x".repeat(201) }).name).toMatch(/200/);
    expect(problemsOf({ ...typed, reply_url: "https://me:pass@a.example" }).reply_url).toMatch(/no password/);
  });

  it("sends what was changed and nothing else", () => {
    const from = typedChannel(channel);
    expect(changesOf({ ...from, name: ` ${from.name} ` }, from)).toBeNull();
    expect(changesOf({ ...from, name: "Another" }, from)).toEqual({ name: "Another" });
    expect(changesOf({ name: "Another", reply_url: "https://b.example/" }, from)).toEqual({
      name: "Another",
      reply_url: "https://b.example/",
    });
  });
});

describe("how an own channel stands", () => {
  it("is called by its name, wherever its id is the name of an account", () => {
    expect(accountName(channel.id, [channel])).toBe("The shop's app");
    expect(accountName("+15550001111", [channel])).toBe("+15550001111");
    expect(accountName(null, [channel])).toBe("(nobody known)");
    expect(inboundUrl(channel, "https://help.example")).toBe(`https://help.example${channel.inbound_path}`);
  });

  it("does as its way out does", () => {
    const [out, other] = [state(channel.id, "out"), state("another", "out")];
    expect(stateOf(channel, [other, state(channel.id, "in"), out])).toBe(out);
    expect(stateOf(channel, [other])).toBeNull();
  });
});
