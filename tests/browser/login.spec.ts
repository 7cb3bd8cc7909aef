// Logins end while people are at work: a token is renewed in silence while it can be, else the password is asked for in
// place, and in either case what was typed and what was sent is still there.
import type { Page } from "@playwright/test";
import { Agent } from "./agent";
import { Customer } from "./customer";
import { Office } from "./people";
import type { Server } from "./server";
import { expect, test } from "./setup";

/** Short enough to wait for, and long enough that a machine that is busy for some seconds renews in time. */
const TOKEN_TTL_S = 30;
const SHORT = { SWITCHBOARD_AUTH__TOKEN_TTL_S: String(TOKEN_TTL_S) };

/** A customer who is served by Jane. */
async function served(server: Server, open: () => Promise<Page>) {
  const office = await Office.open(server);
  const jane = await office.hire("Jane", "Smith");
  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("Hello");
  await customer.asksForAHuman();
  const agent = await Agent.logIn(await open(), server, jane);
  await agent.accepts();
  return { office, jane, customer, agent };
}

test.describe("with a short token", () => {
  test.use({ settings: SHORT });

  test("a token is renewed in silence, and its end interrupts nobody", async ({ server, open }) => {
    const { agent, customer } = await served(server, open);
    await agent.field.fill("I am still writ");
    const first = await agent.tokenEndsAt();
    await expect.poll(() => Date.now() - first).toBeGreaterThan(1_000);
    expect(await agent.tokenEndsAt()).toBeGreaterThan(first);
    await expect(agent.password).toBeHidden();
    await agent.field.pressSequentially("ing");
    await agent.field.press("Enter");
    await customer.reads("I am still writing");
    await customer.writes("And I am still here");
    await agent.reads("And I am still here");
    expect(await agent.count("I am still writing")).toBe(1);
  });

  test("who cannot renew in time is asked for the password in place, and loses nothing", async ({ server, open }) => {
    const { agent, customer, jane } = await served(server, open);
    // As behind a proxy that lets sockets through and nothing else.
    await agent.page.route("**/api/console/token", (route) => route.abort());
    await agent.field.fill("Typed before the end");
    await expect(agent.password).toBeVisible();
    await customer.writes("Said while nobody was logged in");
    await customer.reads("Said while nobody was logged in");

    await agent.page.unroute("**/api/console/token");
    await agent.logsInAgain(jane);
    await agent.reads("Said while nobody was logged in");
    await expect(agent.field).toHaveValue("Typed before the end");
    await agent.field.press("Enter");
    await customer.reads("Typed before the end");
    expect(await agent.count("Said while nobody was logged in")).toBe(1);
    expect(await customer.count("Typed before the end")).toBe(1);
  });
});

test("who is deactivated at work is out at once, and back in goes on where they were", async ({ server, open }) => {
  const { agent, customer, office, jane } = await served(server, open);
  await agent.field.fill("Half a sentence");
  await office.call("PATCH", `/api/console/team/agents/${jane.id}`, { active: false });
  await expect(agent.password).toBeVisible();
  await agent.triesPassword(jane);
  await expect(agent.page.getByRole("dialog").getByRole("alert")).toBeVisible();

  await office.call("PATCH", `/api/console/team/agents/${jane.id}`, { active: true });
  await agent.logsInAgain(jane);
  await expect(agent.field).toHaveValue("Half a sentence");
  await agent.field.press("Enter");
  await customer.reads("Half a sentence");
  expect(await customer.count("Half a sentence")).toBe(1);
});

test("a customer's page is asked for a new token when the old one has ended, and what was written goes out once", async ({ server, open }) => {
  await server.kill();
  const fresh = server.offline(["token", "--customer", "jo"]).trim();
  const soon = server.offline(["token", "--customer", "jo"], "", SHORT).trim();
  const endsAt = Date.now() + TOKEN_TTL_S * 1_000;
  await server.begin();
  const customer = await Customer.enter(await open(), server.url);
  await customer.identifies("jo", soon);
  await customer.writes("What is your return policy?");
  await customer.reads(/30 days/);

  await server.kill();
  await customer.writes("Written while the server was away");
  await customer.field.fill("Not sent yet");
  await expect.poll(() => Date.now() - endsAt).toBeGreaterThan(0);
  await server.begin();
  await customer.sees(/sign in/i);
  await expect(customer.field).toHaveValue("Not sent yet");

  await customer.identifies("jo", fresh);
  await expect(customer.panel.getByText(/sign in/i)).toBeHidden();
  await customer.reads(/30 days/);
  await customer.field.press("Enter");
  await customer.reads("Not sent yet");
  await expect(customer.panel.locator(".entry.pending")).toHaveCount(0);
  expect(await customer.count("Written while the server was away")).toBe(1);
  expect(await customer.count("Not sent yet")).toBe(1);
});
