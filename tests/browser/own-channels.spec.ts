// An organization's own channel in the console: made, used by a system with the secret that is shown once, mended, and ended.
import { randomUUID } from "node:crypto";
import { violations } from "./accessible";
import { Agent } from "./agent";
import { does, OUTSIDE, storesSecret } from "./outside";
import { type Received, Receiver, signatureOf } from "./receiver";
import { ADMIN, type Server } from "./server";
import { expect, test } from "./setup";
import { SHOP } from "./shop";

test.use({ settings: { ...SHOP, ...OUTSIDE } });

test("a system of the shop's brings a message, and its reply is sent once more when it was set aside", async ({
  server,
  open,
}) => {
  const receiver = await Receiver.start();
  const page = await open();
  const admin = await Agent.logIn(page, server, ADMIN);
  await admin.goTo("System");
  await page.getByRole("tab", { name: "Channels" }).click();
  const own = page.getByRole("region", { name: "Your own channels" });
  await expect(own).toContainText("No channel of your own yet");

  const found = await violations(page, "no channel");
  const look = async (place: string) => found.push(...(await violations(page, place)));
  await own.getByRole("button", { name: "New channel" }).click();
  const dialog = page.getByRole("dialog", { name: "New channel" });
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByText("Enter what people call it.")).toBeVisible();
  await look("new channel, with mistakes");
  await dialog.getByLabel("Name").fill("The shop’s app");
  await dialog.getByLabel("Address for replies").fill(receiver.url);
  await dialog.getByRole("button", { name: "Create" }).click();
  const secret = await storesSecret(page, "channel");
  const row = own.getByRole("row", { name: /The shop’s app/ });
  await expect(row).toContainText("Nothing sent yet");
  const inbound = new URL(await row.locator("code").innerText());
  expect(inbound.origin).toBe(server.url);

  // Its system does not know the shop for now: the reply is set aside.
  receiver.answer = () => ({ status: 422, text: "unknown shop" });
  expect(await brings(server, inbound.pathname, secret, "What is your return policy?")).toBe(200);
  const out = page.getByRole("region", { name: "Messages out" });
  await expect(out.getByRole("row", { name: /The shop’s app/ })).toContainText("1", { timeout: 15_000 });
  await out.getByRole("button", { name: "Look at The shop’s app" }).click();
  const messages = page.getByRole("region", { name: "Messages of The shop’s app" });
  await messages.getByText(/^Parked/).click();
  await expect(messages.getByRole("row", { name: /Can never be delivered/ })).toBeVisible();
  await look("parked");
  receiver.answer = () => ({ status: 200, text: "ok" });
  await messages.getByRole("button", { name: /^Replay message of/ }).click();
  await expect(page.getByText("It is sent once more.")).toBeVisible();
  await expect(messages).toContainText("Nothing is parked");
  await expect.poll(() => receiver.received.length).toBeGreaterThan(1);
  const last = receiver.received.at(-1);
  if (!last) throw new Error("nothing was received");
  expect(last.headers["webhook-signature"]).toBe(signatureOf(last, secret));
  expect(JSON.parse(last.body).data.text).toContain("30 days");
  await expect(row).toContainText("Working");

  // Another secret: the old one holds for a day.
  await does(page, "New secret…");
  await page.getByRole("dialog").getByRole("button", { name: "Make a new secret" }).click();
  const newer = await storesSecret(page, "channel");
  await expect(row).toContainText("The old secret holds until");
  for (const holds of [newer, secret])
    expect(await brings(server, inbound.pathname, holds, "Thanks")).toBe(200);

  await does(page, "Edit…");
  const edit = page.getByRole("dialog", { name: "Edit “The shop’s app”" });
  await edit.getByLabel("Name").fill("The other app");
  await look("edit");
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(own.getByRole("row", { name: /The other app/ })).toBeVisible();
  await own.getByRole("switch", { name: "The other app is on" }).press("Space");
  await expect(page.getByText("Switched off. What waits stays.")).toBeVisible();
  expect(await brings(server, inbound.pathname, newer, "Hello?")).toBe(401);

  await does(page, "Delete…");
  await look("delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(own).toContainText("No channel of your own yet");
  expect(found).toEqual([]);
  await receiver.leaves();
});

/** A system that has the secret brings a customer's words; what it is answered. */
async function brings(server: Server, path: string, secret: string, text: string): Promise<number> {
  const body = JSON.stringify({ customer: "shop-77", text });
  const headers = { "webhook-id": randomUUID(), "webhook-timestamp": String(Math.floor(Date.now() / 1_000)) };
  const signature = signatureOf({ headers, body, type: "" } satisfies Received, secret);
  const answer = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "webhook-signature": signature },
    body,
  });
  return answer.status;
}
