// The whole story of a conversation: a customer on the shop's page, two agents in the console, each in a browser of their own.
import { Agent } from "./agent";
import { Customer } from "./customer";
import { Office } from "./people";
import { ADMIN } from "./server";
import { expect, test } from "./setup";

test("a customer is served by the assistant, two agents and the assistant again, closes and rates", async ({ server, open }) => {
  const office = await Office.open(server);
  const [jane, omar] = [await office.hire("Jane", "Smith"), await office.hire("Omar", "Haddad")];

  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("What is your return policy?");
  await customer.reads(/30 days/);
  await customer.asksForAHuman();
  await customer.sees(/You are next|Waiting for a person/);
  await customer.sees("You are next");

  const first = await Agent.logIn(await open(), server, jane);
  await first.accepts();
  await customer.sees("You are talking to Jane Smith");

  await customer.field.pressSequentially("Where is");
  await first.reads(/is typing/);
  await customer.writes("Where is my parcel?");
  await first.reads("Where is my parcel?");
  await first.field.pressSequentially("Let me");
  await customer.sees("Jane Smith is typing");
  await first.writes("Let me look that up for you.");
  await customer.reads("Let me look that up for you.");
  await first.notes("Parcel left the depot yesterday.");

  const second = await Agent.logIn(await open(), server, omar);
  await first.transfersTo("Omar Haddad", "Please check with the carrier.");
  await customer.sees("You are talking to Omar Haddad");
  await second.lists.getByText("Let me look that up for you.").or(second.lists.getByRole("link").first()).first().click();
  await second.reads("Please check with the carrier.");
  await second.reads("Parcel left the depot yesterday.");
  await second.writes("It arrives tomorrow before noon.");
  await customer.reads("It arrives tomorrow before noon.");
  await expect(customer.panel.getByText("Parcel left the depot yesterday.")).toHaveCount(0);

  await second.does("Hand back to the assistant");
  await customer.sees("Our assistant answers at once");
  await customer.writes("What is your return policy?");
  await expect.poll(() => customer.panel.getByRole("log").getByText(/30 days/).count()).toBe(2);

  await second.writes("Anything else? I will close this now.");
  await second.closes("solved", "Parcel arrives tomorrow; policy explained.");
  await customer.rates(5, "Quick and kind");

  const admin = await Agent.logIn(await open(), server, ADMIN);
  await admin.goTo("Dashboard");
  await expect(admin.page.getByText("5.00").first()).toBeVisible();
  await expect(admin.page.getByText("Volume", { exact: true }).first()).toBeVisible();
});

test("a server that is killed while both pages stay open loses and doubles nothing", async ({ server, open }) => {
  const office = await Office.open(server);
  const jane = await office.hire("Jane", "Smith");
  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("Hello");
  await customer.asksForAHuman();
  const agent = await Agent.logIn(await open(), server, jane);
  await agent.accepts();
  await agent.writes("Good day, this is Jane.");
  await customer.reads("Good day, this is Jane.");

  await server.kill();
  await customer.writes("Are you there?");
  await agent.field.fill("One moment please.");
  await agent.field.press("Enter");
  await customer.writes("I still wait.");
  await server.begin();

  await agent.reads("Are you there?");
  await agent.reads("I still wait.");
  await customer.reads("One moment please.");
  for (const text of ["Are you there?", "I still wait.", "One moment please.", "Good day, this is Jane."]) {
    expect(await customer.count(text), text).toBe(1);
    expect(await agent.conversation.getByText(text, { exact: true }).count(), text).toBe(1);
  }
  await agent.writes("We are back.");
  await customer.reads("We are back.");
});

test("two tabs of one customer and a reload show the same conversation once", async ({ server, open }) => {
  const tab = await open();
  const customer = await Customer.enter(tab, server.url);
  await customer.writes("What is your return policy?");
  await customer.reads(/30 days/);
  const other = await Customer.enter(await tab.context().newPage(), server.url);
  await other.reads("What is your return policy?");
  await other.writes("And how long does shipping take?");
  await customer.reads("And how long does shipping take?");
  await tab.reload();
  const again = new Customer(tab);
  await again.open();
  await again.reads("And how long does shipping take?");
  expect(await again.count("What is your return policy?")).toBe(1);
  expect(await again.count("And how long does shipping take?")).toBe(1);
});

test("scripts and markup are text to everybody", async ({ server, open }) => {
  const office = await Office.open(server);
  const jane = await office.hire("Jane", "Smith");
  const hostile = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
  const customer = await Customer.enter(await open(), server.url);
  await customer.writes(hostile);
  await customer.asksForAHuman();
  const agent = await Agent.logIn(await open(), server, jane);
  await agent.accepts();
  await agent.reads(hostile);
  await agent.writes(hostile);
  await customer.reads(hostile);
  expect(await agent.page.title()).not.toContain("taken");
  expect(await customer.page.title()).not.toContain("taken");
});

test("an agent of another organization sees nothing of it", async ({ server, open }) => {
  await server.kill();
  const stranger = { email: "eve@other.example", password: "Agent-password-1" };
  server.offline(["organization", "add", "--id", "other", "--name", "Other"]);
  const eve = ["--email", stranger.email, "--name", "Eve Other", "--role", "admin", "--organization", "other"];
  server.offline(["user", "add", ...eve, "--password-stdin"], `${stranger.password}\n`);
  await server.begin();
  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("This is for the shop alone");
  await customer.asksForAHuman();
  await customer.sees("You are next");
  const agent = await Agent.logIn(await open(), server, stranger);
  await agent.lists.getByText("All").first().click();
  await expect(agent.page.getByText("This is for the shop alone")).toHaveCount(0);
  await expect(agent.offers.getByRole("button")).toHaveCount(0);
});

test("on a slow network what is written arrives once and in order", async ({ server, open }) => {
  const slow = await open();
  const session = await slow.context().newCDPSession(slow);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 400,
    downloadThroughput: 30_000,
    uploadThroughput: 30_000,
  });
  const customer = await Customer.enter(slow, server.url);
  await customer.asksForAHuman();
  const lines = ["one", "two", "three", "four", "five"].map((word) => `line ${word}`);
  for (const line of lines) await customer.writes(line);
  const office = await Office.open(server);
  const agent = await Agent.logIn(await open(), server, await office.hire("Jane", "Smith"));
  await agent.accepts();
  await agent.reads("line five");
  await agent.scrolls();
  const seen = await agent.conversation.getByText(/^line (one|two|three|four|five)$/).allInnerTexts();
  expect(seen).toEqual(lines);
});
