import { describe, expect, it } from "vitest";
import type { Delivery, Webhook } from "../../api/webhooks";
import {
  answerWord,
  changesOf,
  counted,
  deliveries,
  EVENTS,
  firstState,
  isOpen,
  nameOf,
  newWebhook,
  nextTry,
  parkedWord,
  problemsOf,
  stateOf,
  took,
  tries,
  typedWebhook,
  waitingFor,
  wantedOf,
  wasTaken,
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

const delivery: Delivery = {
  id: "6f1e2d3c-4b5a-8697-8877-665544332211",
  number: "0000000000000012-00000000",
  event: "message.received",
  conversation_id: "conv_123",
  seq: 2,
  event_at: "2026-11-23T00:00:00.000Z",
  state: "waiting",
  queued_at: "2026-11-23T00:00:00.010Z",
  attempts: 0,
  next_attempt_at: null,
  parked_because: null,
  last_attempt: null,
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
    expect([counted(0), counted(1), counted(100_000)]).toEqual([
      (0).toLocaleString(),
      "1",
      `${(100_000).toLocaleString()}+`,
    ]);
    expect([deliveries(1), deliveries(12)]).toEqual(["1 delivery", "12 deliveries"]);
    expect(waitingFor(webhook, NOW)).toBeNull();
    const since = { ...webhook, waiting: 2, oldest_waiting_at: "2026-11-23T00:06:00.000Z" };
    expect(waitingFor(since, NOW)).toBe("4 min");
    expect(waitingFor({ ...since, oldest_waiting_at: "2026-11-23T00:10:01.000Z" }, NOW)).toBe("0 s");
  });

  it("is opened where something is to be done", () => {
    expect([
      firstState(webhook),
      firstState({ waiting: 3, parked: 0 }),
      firstState({ waiting: 3, parked: 1 }),
    ]).toEqual(["finished", "waiting", "parked"]);
    expect([stateOf("parked"), stateOf("lost"), stateOf(undefined)]).toEqual(["parked", null, null]);
  });
});

describe("a delivery", () => {
  it("says when it is tried next", () => {
    const refused = { ...delivery, attempts: 2, next_attempt_at: "2026-11-23T00:12:00.000Z" };
    expect(nextTry(delivery, true, NOW)).toBe("In its turn");
    expect(nextTry({ ...delivery, attempts: 3 }, true, NOW)).toBe("When the receiver works again");
    expect(nextTry(refused, true, NOW)).toBe("Next try in 2 min");
    expect(nextTry(refused, true, NOW + 200_000)).toBe("Next try now");
    expect(nextTry(refused, false, NOW)).toBe("When the webhook is switched on");
  });

  it("says what its last try brought, and why it was set aside", () => {
    const attempt = { at: delivery.event_at, status: 204, text: "", took_ms: 24 };
    const none = { ...attempt, status: null, took_ms: 15_012 };
    expect([wasTaken(attempt), wasTaken({ ...attempt, status: 302 }), wasTaken(none)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([answerWord(attempt), answerWord(none)]).toEqual(["Status 204", "No answer"]);
    expect([took(attempt), took(none)]).toEqual(["24 ms", `${(15).toLocaleString()} s`]);
    expect([tries(1), tries(2)]).toEqual(["1 try", "2 tries"]);
    expect([parkedWord("refused"), parkedWord("some_new_reason")]).toEqual([
      "Refused on every try",
      "Some new reason",
    ]);
  });
});
