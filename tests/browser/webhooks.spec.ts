// The webhooks page: a service of the shop hears of a conversation, and what it did not take waits, is parked, and is sent again.
import type { Page } from "@playwright/test";
import { violations } from "./accessible";
import { Agent } from "./agent";
import { Customer } from "./customer";
import { does, OUTSIDE, storesSecret } from "./outside";
import { Office } from "./people";
import { Receiver, signatureOf } from "./receiver";
import { ADMIN } from "./server";
import { expect, test } from "./setup";
import { SHOP } from "./shop";

test.use({ settings: { ...SHOP, ...OUTSIDE } });

const PARKED_WITHIN_MS = 180_000;

test("a service hears of a conversation, signed with the secret that is shown once", async ({ server, open }) => {
  const receiver = await Receiver.start();
  const page = await open();
  const admin = await Agent.logIn(page, server, ADMIN);
  await admin.goTo("Webhooks");
  await expect(page.getByText("No webhooks yet")).toBeVisible();
  await page.getByRole("button", { name: "New webhook" }).click();
  const dialog = page.getByRole("dialog", { name: "New webhook" });
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByText(/^Enter a full address/)).toBeVisible();
  await dialog.getByLabel("Address").fill(receiver.url);
  await expect(dialog.getByText(/^Without https/)).toBeVisible();
  await dialog.getByLabel("Description").fill("Orders team");
  await dialog.getByLabel("A conversation ends").uncheck();
  await dialog.getByRole("button", { name: "Create" }).click();
  const secret = await storesSecret(page, "webhook");

  const row = page.getByRole("row", { name: /Orders team/ });
  await expect(row).toContainText("message.received");
  await expect(row).not.toContainText("conversation.ended");
  await expect(row.getByRole("switch", { name: "Deliver to Orders team" })).toBeChecked();
  await expect(row).toContainText("Nothing waits");
  await row.getByRole("link", { name: "Orders team" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Orders team" })).toBeVisible();
  await page.getByRole("button", { name: "Send a test" }).click();
  const tested = page.getByRole("status", { name: "Test delivery" });
  await expect(tested).toContainText("The test was taken");
  await expect(tested).toContainText(/Status 200 after \d+ ms/);
  expect(receiver.count("ping")).toBe(1);

  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("What is your return policy?");
  await customer.reads(/30 days/);
  const taken = page.getByRole("row", { name: /message\.received/ });
  await expect(taken).toContainText("Status 200");
  await expect(taken).toContainText("1 try");
  await expect(page.getByRole("row", { name: /conversation\.started/ })).toContainText("Status 200");
  for (const one of receiver.received) expect(one.headers["webhook-signature"]).toBe(signatureOf(one, secret));
  expect(receiver.received.map((one) => one.type)).toEqual(["ping", "conversation.started", "message.received"]);
  await expect(taken).toContainText(String(receiver.received[2]?.headers["webhook-id"]));
  await taken.getByRole("link").click();
  await admin.reads("What is your return policy?");

  // Nobody else sees the page, or a way to it.
  const office = await Office.open(server);
  const jane = await Agent.logIn(await open(), server, await office.hire("Jane", "Smith"));
  await expect(jane.page.getByRole("link", { name: "Webhooks" })).toHaveCount(0);
  await jane.page.goto(`${server.url}/console/webhooks`);
  await expect(jane.page.getByText("For administrators")).toBeVisible();
  await receiver.leaves();
});

test("what was not taken waits, what is refused is parked, and both arrive in the end", async ({ server, open }) => {
  const receiver = await Receiver.start();
  const office = await Office.open(server);
  const { id, secret } = await office.call<{ id: string; secret: string }>("POST", "/api/console/webhooks", {
    url: receiver.url,
    description: "Orders team",
    events: ["conversation.started", "message.received"],
  });
  const taken = receiver.answer;
  const refusal = { status: 422, text: "<b>unknown shop</b>" };
  receiver.answer = (type) => (type === "conversation.started" ? refusal : taken(type));
  await asks(await open(), server.url);
  await asks(await open(), server.url);
  await expect.poll(() => receiver.count("conversation.started")).toBeGreaterThan(1);

  const page = await open();
  const admin = await Agent.logIn(page, server, ADMIN);
  await admin.goTo("Webhooks");
  await expect(page.getByRole("row", { name: /Orders team/ })).toContainText(/waiting for|parked/);
  await page.getByRole("link", { name: "Orders team" }).click();
  const deliveries = page.getByRole("region", { name: "Deliveries", exact: true });
  const shows = (state: string) => deliveries.getByText(new RegExp(`^${state}`)).click();
  await shows("Parked");
  const parked = page.getByRole("row", { name: /conversation\.started/ });
  await expect(parked).toHaveCount(2, { timeout: PARKED_WITHIN_MS });
  for (const row of await parked.all()) await expect(row).toContainText(/10 tries ?Refused on every try/);
  await expect(parked.first()).toContainText("<b>unknown shop</b>");
  expect(receiver.count("message.received")).toBe(2);

  // Mended: one is sent once more, then the other; both under the ids that they had.
  receiver.answer = taken;
  await parked.first().getByRole("button", { name: /^Replay conversation\.started/ }).click();
  await expect(page.getByText("It is sent once more.")).toBeVisible();
  await expect(parked).toHaveCount(1);
  await page.getByRole("button", { name: "Replay all…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Replay all" }).click();
  await expect(page.getByText("1 delivery on the way once more.")).toBeVisible();
  await expect(page.getByText("Nothing is parked")).toBeVisible();
  await shows("Finished");
  await expect(page.getByRole("row", { name: /conversation\.started/ }).filter({ hasText: "11 tries" })).toHaveCount(2);
  const started = receiver.received.filter((one) => one.type === "conversation.started");
  expect(new Set(started.map((one) => one.headers["webhook-id"])).size).toBe(2);
  expect(new Set(started.map((one) => one.body)).size).toBe(2);

  // Away: what comes waits, and goes out when the receiver is there again.
  await receiver.leaves();
  await asks(await open(), server.url);
  await shows("Waiting");
  const waiting = page.getByRole("row", { name: /conversation\.started/ });
  // The two that waited when this was looked at before are shown until the list came anew.
  await expect(waiting).toHaveCount(1);
  await expect(waiting).toContainText("No answer");
  await expect(waiting).toContainText(/When the receiver works again|Next try/);
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect(page.getByRole("status", { name: "Test delivery" })).toContainText("The test was not taken");
  await receiver.comesBack();
  await expect(page.getByText("Nothing waits")).toBeVisible();
  await shows("Finished");
  await expect(page.getByRole("row", { name: /message\.received/ })).toHaveCount(3);

  // Another secret: for a day both sign.
  await does(page, "New secret…");
  await page.getByRole("dialog").getByRole("button", { name: "Make a new secret" }).click();
  const newer = await storesSecret(page, "webhook");
  await expect(page.getByText("Signed with the old secret too, until")).toBeVisible();
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect(page.getByRole("status", { name: "Test delivery" })).toContainText("The test was taken");
  const last = receiver.received.at(-1);
  if (!last) throw new Error("nothing was received");
  expect(last.headers["webhook-signature"]).toBe(`${signatureOf(last, newer)} ${signatureOf(last, secret)}`);

  await does(page, "Delete…");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No webhooks yet")).toBeVisible();
  await expect(office.call("GET", `/api/console/webhooks/${id}`)).rejects.toThrow("404");
  await receiver.leaves();
});

for (const scheme of ["light", "dark"] as const) {
  test(`the webhooks and every dialog of theirs are accessible, ${scheme}`, async ({ server, open }) => {
    const page = await open({ colorScheme: scheme });
    const admin = await Agent.logIn(page, server, ADMIN);
    await stands(page);
    await admin.goTo("Webhooks");
    await expect(page.getByRole("row", { name: /Orders team/ })).toContainText("12 waiting");
    const found = await violations(page, "webhooks");
    const look = async (place: string) => found.push(...(await violations(page, place)));
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "New webhook" }).click();
    await dialog.getByLabel("Address").fill("http://");
    await dialog.getByLabel("Secret of your own").fill("short");
    for (const event of await dialog.getByRole("checkbox").all()) await event.uncheck();
    await dialog.getByRole("button", { name: "Create" }).click();
    await look("new webhook, with mistakes");
    await dialog.getByLabel("Address").fill("https://shop.example/hooks");
    await dialog.getByLabel("Secret of your own").fill("");
    await dialog.getByLabel("A customer writes").check();
    await dialog.getByRole("button", { name: "Create" }).click();
    await expect(dialog.getByLabel("Secret", { exact: true })).toBeFocused();
    await look("secret");
    await storesSecret(page, "webhook");
    await page.getByRole("button", { name: "Edit Orders team" }).click();
    await expect(dialog.getByLabel("Address")).toBeFocused();
    await look("edit");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();

    await page.getByRole("link", { name: "Orders team" }).click();
    await expect(page.getByRole("row", { name: /Refused on every try/ })).toBeVisible();
    await look("parked");
    await page.getByRole("button", { name: "Replay all…" }).click();
    await expect(dialog).toBeVisible();
    await look("replay all");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    for (const state of ["Waiting", "Finished"]) {
      await page.getByRole("region", { name: "Deliveries", exact: true }).getByText(new RegExp(`^${state}`)).click();
      await expect(page.getByRole("row", { name: /message\.received/ })).toBeVisible();
      await look(state);
    }
    await page.getByRole("button", { name: "Send a test" }).click();
    await expect(page.getByRole("status", { name: "Test delivery" })).toContainText("The test was not taken");
    await look("test delivery");
    for (const what of ["New secret…", "Delete…"]) {
      await does(page, what);
      await expect(dialog).toBeVisible();
      await look(what);
      await page.keyboard.press("Escape");
      await expect(dialog).toBeHidden();
    }
    expect(found).toEqual([]);
  });
}

/** A customer writes, and is answered. */
async function asks(page: Page, url: string): Promise<void> {
  const customer = await Customer.enter(page, url);
  await customer.writes("What is your return policy?");
  await customer.reads(/30 days/);
}

/** Answers for the server as if deliveries had been tried for days: what is looked at is the page. */
async function stands(page: Page): Promise<void> {
  const at = new Date(Date.now() - 3_600_000).toISOString();
  const webhook = {
    id: "0190a6f4-7c1e-7000-8000-000000000051",
    url: "https://shop.example/hooks/support",
    description: "Orders team",
    events: ["conversation.started", "message.received", "conversation.ended", "error.occurred"],
    enabled: false,
    given_up: { at, why: "it answered 410: it wants nothing any more" },
    previous_secret_until: new Date(Date.now() + 3_600_000).toISOString(),
    waiting: 12,
    oldest_waiting_at: at,
    parked: 1,
    created_at: at,
    updated_at: at,
  };
  const last_attempt = { at, status: 422, text: "unknown shop", took_ms: 31 };
  const delivery = (state: string) => ({
    id: "6f1e2d3c-4b5a-8697-8877-665544332211",
    number: "0000000000000012-00000000",
    event: "message.received",
    conversation_id: "conv_123",
    seq: 2,
    event_at: at,
    state,
    queued_at: at,
    attempts: 10,
    next_attempt_at: null,
    parked_because: state === "parked" ? "refused" : null,
    last_attempt: state === "finished" ? { ...last_attempt, status: 200, text: "ok" } : last_attempt,
  });
  await page.route(/\/api\/console\/webhooks/, async (route) => {
    const request = route.request();
    const { pathname, searchParams } = new URL(request.url());
    const place = pathname.split("/").at(-1);
    if (place === "deliveries") {
      await route.fulfill({ json: { items: [delivery(searchParams.get("state") ?? "parked")], next: null } });
    } else if (place === "ping") {
      await route.fulfill({ json: { delivered: false, attempt: { ...last_attempt, status: null, text: "no connection" } } });
    } else if (request.method() === "POST") {
      await route.fulfill({ status: 201, json: { ...webhook, secret: "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX" } });
    } else {
      await route.fulfill({ json: place === "webhooks" ? { items: [webhook] } : webhook });
    }
  });
}
