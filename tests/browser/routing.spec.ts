// How a conversation finds its people, in the console: who may take it is edited beside it, and the list of everything follows
// what happens without being asked for again.
import { Agent } from "./agent";
import { Customer } from "./customer";
import { Office } from "./people";
import { ADMIN } from "./server";
import { expect, test } from "./setup";

test("priority, skills and team of a waiting conversation are edited beside it", async ({ server, open }) => {
  const office = await Office.open(server);
  const jane = await office.hire("Jane", "Smith");
  const team = await office.call<{ id: string }>("POST", "/api/console/team/teams", { name: "Billing" });
  await office.call("PUT", `/api/console/team/agents/${jane.id}`, { capacity: 5, skills: ["refunds"], teams: [team.id] });
  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("Hello");
  await customer.asksForAHuman();
  await customer.sees("You are next");

  const admin = await Agent.logIn(await open(), server, ADMIN);
  await admin.opensFromAll("Hello");
  await admin.offers.getByRole("button", { name: /^Decline/ }).click();
  await admin.chooses("Priority", "Urgent");
  await admin.adds("Skills", "refunds");
  await admin.chooses("Team", "Billing");
  await admin.reads(/priority urgent; skills refunds/);

  const agent = await Agent.logIn(await open(), server, jane);
  await agent.accepts();
  await expect(agent.panel.getByRole("combobox", { name: "Priority" })).toHaveValue("Urgent");
  await expect(agent.panel.getByText("refunds", { exact: true })).toBeVisible();
  await expect(agent.panel.getByRole("combobox", { name: "Team" })).toHaveValue("Billing");
});

test("the list of everything follows what happens, and asks the server only once", async ({ server, open }) => {
  const admin = await Agent.logIn(await open(), server, ADMIN);
  let asked = 0;
  admin.page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/console/sessions") asked += 1;
  });
  await admin.lists.getByText("All", { exact: true }).click();
  await expect(admin.lists.getByText("No conversation fits.")).toBeVisible();
  const first = await Customer.enter(await open(), server.url);
  await first.writes("I was here first");
  const rows = admin.lists.getByRole("link");
  await expect(rows).toHaveCount(1);
  const second = await Customer.enter(await open(), server.url);
  await second.writes("What is your return policy?");
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText(/30 days/);
  await first.writes("And I write again: how long does delivery take?");
  await expect(rows.first()).toContainText(/3-5 business days/);
  expect(asked).toBe(1);
});

test("an accepted conversation is in no moment an empty one", async ({ server, open }) => {
  const office = await Office.open(server);
  const agent = await Agent.logIn(await open(), server, await office.hire("Jane", "Smith"));
  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("Hello");
  await customer.asksForAHuman();
  await expect(agent.offers.getByRole("button", { name: /^Accept/ })).toBeVisible();
  const empty = await agent.page.evaluateHandle(() => {
    const seen = { frames: 0, empty: 0 };
    const look = () => {
      const conversation = document.querySelector("section[aria-label^='Conversation with']");
      const words = [...(conversation?.querySelectorAll("article, [aria-label=Loading]") ?? [])];
      if (conversation) seen.frames += 1;
      if (conversation && !words.some((one) => one.checkVisibility({ visibilityProperty: true }))) seen.empty += 1;
      requestAnimationFrame(look);
    };
    look();
    return seen;
  });
  await agent.accepts();
  await agent.reads("Hello");
  const { frames, empty: bare } = await empty.evaluate((seen) => seen);
  expect(frames).toBeGreaterThan(0);
  expect(bare).toBe(0);
});
