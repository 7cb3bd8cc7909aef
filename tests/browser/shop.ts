// The shop that the pictures show: its people, its settings, its customers, and what they talk about.
import { expect, type Page } from "@playwright/test";
import { Desk } from "./desk";
import { Office, type Person } from "./people";
import { API_KEY, type Server } from "./server";

/** No limits of rate, and no pause before an answer: a shop's day passes in seconds. */
export const SHOP = { SWITCHBOARD_LIMITS__ENABLED: "false", SWITCHBOARD_ASSISTANT__QUIET_MS: "0" };

/** How much faster a past day's clock runs. */
const FASTER = 90;
/** Who has gone home is not waited for. */
const GRACE_S = 5;
const DAY_MS = 86_400_000;
const OPENS_AT_MS = 9 * 3_600_000;

interface Visitor {
  id: string;
  name: string;
  email?: string;
  phone?: string;
}

const VISITORS: Visitor[] = [
  { id: "anna", name: "Anna Lindqvist", email: "anna.lindqvist@example.com", phone: "+46 8 123 45 67" },
  { id: "luis", name: "Luis Ortega", email: "luis.ortega@example.com" },
  { id: "mei", name: "Mei Tanaka", email: "mei.tanaka@example.com" },
  { id: "tom", name: "Tom Becker", email: "t.becker@example.com" },
  { id: "zoe", name: "Zoé Martin", email: "zoe.martin@example.com" },
  { id: "ravi", name: "Ravi Menon", email: "ravi.menon@example.com" },
  { id: "grace", name: "Grace O’Neill", email: "grace.oneill@example.com" },
  { id: "pavel", name: "Pavel Novák", email: "pavel.novak@example.com" },
];

/** What the assistant answers by itself. */
const ANSWERED = [
  "What is your return policy?",
  "How long does delivery take?",
  "How much is shipping?",
  "Do you ship to Norway?",
  "Can I exchange a mug for another colour?",
  "Which payment methods do you take?",
  "How do I get an invoice?",
  "Is there a warranty?",
];

/** What a person has to look at. */
const LOOKED_AT = [
  ["My teapot arrived with a crack in the lid", "I am sorry! A new one leaves us today, and you can keep the old one."],
  ["I was charged twice for my order", "I see it: the second amount is only reserved and goes back within three days."],
  ["Where is my order 48213?", "It is with the carrier and should be with you tomorrow before noon."],
  ["Can I change the address of my order?", "Done: it goes to the new address."],
] as const;

/** Sources: a title, and paragraphs. */
const KNOWN = [
  [
    "Care of stoneware",
    "## Every day\n\nRinse new pieces with warm water before you use them first. Stoneware may be used in the oven up to 220 °C, but it must warm up with it: a cold dish in a hot oven cracks.",
    "## Dishwasher\n\nGlazed plates, bowls and mugs go into the dishwasher. Teapots may go into the dishwasher unless they have a gold rim or a bamboo handle; wash those by hand, without scouring agents.",
    "## Stains\n\nTea stains go away with a spoon of baking soda in warm water, left overnight. Do not use bleach: it dulls the glaze.",
  ],
  ["Shipping abroad", "We send parcels to all countries of the European Union, to Norway, Switzerland and the United Kingdom. Customs duties are paid by the customer."],
  ["Wholesale terms", "Shops order from 20 pieces of one kind. The discount is 30 percent, and the payment is due within 30 days of the invoice."],
];

const FAQS = [
  ["Do you wrap gifts?", "Yes, in recycled paper, for 3 euros. Choose it at the checkout."],
  ["Can I visit the workshop?", "Gladly: on Saturdays from 10 to 16 o’clock, without an appointment."],
];

const ASKED_IN_VAIN = [
  "Do you engrave mugs?",
  "Can you engrave a name on a mug?",
  "Is your glaze free of lead?",
  "Could you engrave mugs for a wedding?",
  "Do you teach throwing on the wheel?",
];

export class Shop {
  jane!: Person;
  omar!: Person;
  mia!: Person;

  private constructor(
    readonly server: Server,
    readonly office: Office,
  ) {}

  /** Three people in two teams, business hours around the clock, canned replies, and a rule that knows about money. */
  static async open(server: Server): Promise<Shop> {
    const office = await Office.open(server);
    const shop = new Shop(server, office);
    shop.jane = await office.hire("Jane", "Smith");
    shop.omar = await office.hire("Omar", "Haddad");
    shop.mia = await office.hire("Mia", "Fischer");
    const billing = await office.call<{ id: string }>("POST", "/api/console/team/teams", { name: "Billing" });
    const delivery = await office.call<{ id: string }>("POST", "/api/console/team/teams", { name: "Delivery" });
    const profile = (who: Person, capacity: number, skills: string[], teams: string[]) =>
      office.call("PUT", `/api/console/team/agents/${who.id}`, { capacity, skills, teams });
    await profile(shop.jane, 6, ["billing", "returns", "german"], [billing.id]);
    await profile(shop.omar, 5, ["delivery", "returns"], [delivery.id]);
    await profile(shop.mia, 4, ["delivery", "spanish"], [delivery.id]);
    const replies = [
      ["hello", "Greeting", "Hello {{customer.name}}, this is {{agent.name}}. Let me have a look."],
      ["tracking", "Where the parcel is", "Your parcel is on its way: https://carrier.example/track"],
      ["refund", "Refund is on its way", "The refund was made today and reaches you within 5 to 7 business days."],
    ];
    for (const [shortcut, title, text] of replies) {
      await office.call("POST", "/api/console/canned", { shortcut, title, text, team: null });
    }
    await office.call("PUT", "/api/console/settings/desk", {
      grace_s: GRACE_S,
      rules: [{ intent: "complaint", channel: null, language: null, skills: ["returns"], priority: "high", team: null }],
    });
    await office.call("PUT", "/api/console/settings/widget", {
      title: "Hearth & Clay",
      greeting: "Hi! Ask us anything about your order.",
      color: "#a8432b",
    });
    return shop;
  }

  /** A customer's words over the API, as a shop's own backend sends them. Gives the session. */
  async asks(who: Visitor, text: string, sessionId?: string): Promise<string> {
    const answer = await fetch(`${this.server.url}/api/core/messages`, {
      method: "POST",
      headers: { "x-api-key": API_KEY, "content-type": "application/json" },
      body: JSON.stringify({
        message: { text, type: "text" },
        userId: who.id,
        sessionId,
        metadata: { name: who.name, email: who.email, phone: who.phone },
        channel: "web",
      }),
    });
    if (!answer.ok) throw new Error(`message: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { sessionId: string }).sessionId;
  }

  /** What the shop knows, read and found, and what was asked in vain before. */
  async writesDown(): Promise<void> {
    const add = (body: object) => this.office.call<{ id: string }>("POST", "/api/console/knowledge/documents", body);
    for (const [visitor, text] of ASKED_IN_VAIN.entries()) await this.asks(at(VISITORS, visitor), text);
    const texts = KNOWN.map(([title, ...parts]) => add({ title, kind: "markdown", author: "Hearth & Clay", text: `# ${title}\n\n${parts.join("\n\n")}` }));
    for (const { id } of await Promise.all(texts)) await this.hasRead(id);
    for (const [question, answer] of FAQS) await this.office.call("POST", "/api/console/knowledge/faqs", { question, variants: [], answer });
  }

  /** Waits until a source is found. */
  async hasRead(id: string): Promise<void> {
    const path = `/api/console/knowledge/documents/${id}`;
    await expect.poll(async () => (await this.office.call<{ state: string }>("GET", path)).state).toBe("ready");
  }

  async rates(who: Visitor, session: string, score: number): Promise<void> {
    await fetch(`${this.server.url}/api/core/sessions/${session}/rating`, {
      method: "POST",
      headers: { "x-api-key": API_KEY, "content-type": "application/json" },
      body: JSON.stringify({ userId: who.id, score }),
    });
  }

  /** Somebody comes, asks for a person, and waits. */
  async waits(visitor: number, about: number): Promise<string> {
    const who = at(VISITORS, visitor);
    const session = await this.asks(who, at(LOOKED_AT, about)[0]);
    await this.asks(who, "I want to talk to a person, please", session);
    return session;
  }

  /** A morning at work: people serve, customers wait, and one of them for Jane, who is busy. Gives her desk. */
  async today(omarsPage: Page, janesPage: Page): Promise<Desk> {
    const omar = await Desk.enter(omarsPage, this.server, this.omar);
    const jane = await Desk.enter(janesPage, this.server, this.jane);
    await this.serves(omar, [[1, 1]]);
    await this.serves(jane, [[4, 3], [2, 2]]);
    for (const [visitor, text] of [[3, 0], [1, 2], [5, 5]] as const) await this.asks(at(VISITORS, visitor), at(ANSWERED, text));
    const anna = await this.waits(0, 0);
    await this.asks(at(VISITORS, 0), "How long does the delivery of a new one take?", anna);
    const [customer] = (await this.office.call<{ items: { id: string }[] }>("GET", "/api/console/customers?q=Anna")).items;
    await this.office.call("PATCH", `/api/console/customers/${encodeURIComponent(customer?.id ?? "")}`, {
      facts: { membership: "Gold", "delivery note": "Leave it with the neighbour" },
      tags: ["regular", "wholesale"],
    });
    // Nobody who is there speaks Spanish, so these stay in the queue.
    for (const [visitor, about, priority] of [[6, 2, "high"], [7, 1, "normal"]] as const) {
      await omar.does("route", { session: await this.waits(visitor, about), priority, skills: ["spanish"], team: null });
    }
    return jane;
  }

  private async serves(desk: Desk, those: [visitor: number, about: number][]): Promise<void> {
    for (const [visitor, about] of those) {
      const session = await this.waits(visitor, about);
      await desk.takes(session);
      await desk.says(session, at(LOOKED_AT, about)[1]);
    }
  }

  /** The sessions in the queue. */
  async waiting(): Promise<string[]> {
    const page = await this.office.call<{ items: { id: string }[] }>("GET", "/api/console/sessions?owner=queue");
    return page.items.map((session) => session.id);
  }

  /** The days before today, each with some conversations; the same ones each time that this runs. */
  async livesThrough(days: number, page: Page): Promise<void> {
    for (let ago = days; ago > 0; ago--) {
      await this.server.kill();
      const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
      await this.server.beginAt(new Date(midnight - ago * DAY_MS + OPENS_AT_MS), FASTER);
      const weekend = [0, 6].includes(new Date(midnight - ago * DAY_MS).getUTCDay());
      await this.day(ago, weekend ? 2 : 4 + ((ago * 7) % 4), page);
    }
    await this.server.kill();
    await this.server.begin();
  }

  private async day(day: number, busy: number, page: Page): Promise<void> {
    const asked = await Promise.all(Array.from({ length: busy + (day % 3) }, (_, number) =>
      this.asks(at(VISITORS, day + number), at(ANSWERED, day * 3 + number * number)),
    ));
    const person = [this.jane, this.omar, this.mia][day % 3] ?? this.jane;
    const desk = await Desk.enter(page, this.server, person);
    // Most of what the assistant has answered is closed in the evening.
    for (const session of asked.slice(1)) await desk.closes(session, "solved");
    for (let number = 0; number < Math.ceil(busy / 2); number++) {
      const [visitor, about] = [day * 2 + number * 3, day + number];
      const session = await this.waits(visitor, about);
      await desk.takes(session);
      await desk.says(session, at(LOOKED_AT, about)[1]);
      await desk.closes(session, "solved");
      if ((day + number) % 3 !== 0) await this.rates(at(VISITORS, visitor), session, (day + number) % 5 === 0 ? 3 : 5 - (number % 2));
    }
    await desk.leaves();
  }
}

function at<T>(list: readonly T[], place: number): T {
  return list[place % list.length] as T;
}
