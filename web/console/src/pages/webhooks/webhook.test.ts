import { describe, expect, it } from "vitest";
import type { Webhook } from "../../api/webhooks";
import { isOpen } from "../../components/addresses";
import {
  changesOf,
  EVENTS,
  nameOf,
  newWebhook,
  problemsOf,
  typedWebhook,
  waitingFor,
  wantedOf,
} from "./webhook";

const NOW = Date.parse("2026-11-23T00:10:00.000Z");

const webhook: Webhook = {
  id: "0190a6f4-7c1e-7000-8000-000000000051",
  url: "https://shop.example.com/hooks",
  description: "Orders team",
  events: ["conversation.started", "message.received"],
  enabled: true,
  given_up: null,
  previous_secret_until: null,
  waiting: 0,
  oldest_waiting_at: null,
  parked: 0,
  created_at: "2026-11-22T12:00:00.000Z",
  updated_at: "2026-11-22T12:00:00.000Z",
};

const problem = (patch: Partial<typeof newWebhook>) =>
  problemsOf({ ...newWebhook, url: webhook.url, ...patch });

describe("a webhook as it is typed", () => {
  it("hears of everything at first, and sends no secret that is empty", () => {
    const wanted = wantedOf({ ...newWebhook, url: ` ${webhook.url} `, description: "  " });
    expect(wanted).toEqual({
      url: webhook.url,
      description: null,
      events: EVENTS.map((event) => event.name),
      enabled: true,
    });
    expect(wantedOf({ ...newWebhook, secret: "0123456789abcdef" }).secret).toBe("0123456789abcdef");
  });

  it("needs a full address without a password", () => {
    expect(problem({}).url).toBeNull();
    for (const url of ["", "shop.example.com", "ftp://shop.example.com", "https://", "https://a b"])
      expect(problem({ url }).url).toMatch(/full address/);
    expect(problem({ url: "https://me:pass@shop.example.com" }).url).toMatch(/no password/);
    expect(problem({ url: `https://shop.example.com/${"ü".repeat(1020)}` }).url).toMatch(/longer/);
    expect([isOpen(" HTTP://shop.example.com"), isOpen(webhook.url)]).toEqual([true, false]);
  });

  it("hears of something, and is called by something short", () => {
    expect(problem({ events: [] }).events).toBe("Choose at least one.");
    expect(problem({ description: "x".repeat(201) }).description).toMatch(/200/);
    expect(problem({ description: "😀".repeat(200) }).description).toBeNull();
  });

  it("takes the secrets that the server takes", () => {
    const sound = ["", "0123456789abcdef", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "x".repeat(256)];
    expect(sound.map((secret) => problem({ secret }).secret)).toEqual(sound.map(() => null));
    for (const secret of ["0123456789abcde", "0123456789 abcdef", "ключ-ключ-ключ-ключ", "x".repeat(257)])
      expect(problem({ secret }).secret).toMatch(/^16 to 256/);
    for (const secret of ["whsec_no-base64!!", "whsec_AAECAwQFBgcI_QoL", "whsec_AAECAwQFBg=CAwQF"])
      expect(problem({ secret }).secret).toMatch(/base64/);
  });

  it("sends what was changed and nothing else", () => {
    const from = typedWebhook(webhook);
    expect(changesOf(from, from)).toBeNull();
    expect(changesOf({ ...from, events: from.events.toReversed() }, from)).toBeNull();
    expect(changesOf({ ...from, description: " " }, from)).toEqual({ description: null });
    expect(changesOf({ ...from, enabled: false, events: ["error.occurred"] }, from)).toEqual({
      enabled: false,
      events: ["error.occurred"],
    });
  });
});

describe("how a webhook stands", () => {
  it("is said in few words", () => {
    expect([nameOf(webhook), nameOf({ ...webhook, description: null })]).toEqual([
      "Orders team",
      webhook.url,
    ]);
    expect(waitingFor(webhook, NOW)).toBeNull();
    const since = { ...webhook, waiting: 2, oldest_waiting_at: "2026-11-23T00:06:00.000Z" };
    expect(waitingFor(since, NOW)).toBe("4 min");
    expect(waitingFor({ ...since, oldest_waiting_at: "2026-11-23T00:10:01.000Z" }, NOW)).toBe("0 s");
  });
});
