// An answer that is still being made survives a reload: the page shows the text so far, then the rest, and nothing twice.
import { Agent } from "./agent";
import { Customer } from "./customer";
import { Model } from "./model";
import { Office } from "./people";
import { ADMIN } from "./server";
import { expect, test as base } from "./setup";

const test = base.extend<{ model: Model }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are used from it
  model: async ({}, use) => {
    const model = await Model.start();
    await use(model);
    await model.stop();
  },
  settings: async ({ model }, use) => use(model.settings),
});

const QUESTION = "What is your return policy?";
// Claims nothing: what does is held until its source is found. A word may wait for the one behind it.
const SAID = ["Gladly so, ", "and as ", "you like ", "it best."];
const WHOLE = SAID.join("");

test("a widget that is reloaded in the middle of an answer shows the text so far and then the rest, once", async ({ server, open, model }) => {
  const customer = await Customer.enter(await open(), server.url);
  await customer.writes(QUESTION);
  await model.says(SAID[0]!);
  await expect(customer.draft).toHaveText(/^Gladly/);
  await model.says(SAID[1]!);
  await expect(customer.draft).toHaveText(/^Gladly so,/);

  await customer.page.reload();
  await customer.open();
  await expect(customer.draft).toHaveText(/^Gladly so,/);
  await model.says(SAID[2]!);
  await expect(customer.draft).toHaveText(/^Gladly so, and as/);
  await model.says(SAID[3]!);
  await expect(customer.draft).toHaveText(/^Gladly so, and as you like/);
  await model.ends();

  await expect(customer.draft).toBeHidden();
  await customer.reads(WHOLE);
  await expect.poll(() => customer.count(WHOLE)).toBe(1);
  expect(await customer.count(QUESTION)).toBe(1);
  expect(model.requests).toBe(1);
});

test("a console that is reloaded in the middle of an answer shows the text so far and then the rest, once", async ({ server, open, model }) => {
  await Office.open(server);
  const agent = await Agent.logIn(await open(), server, ADMIN);
  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("Hello");
  await model.says("Good day.");
  await model.ends();
  await agent.opensFromAll("Good day.");
  await customer.writes(QUESTION);
  await model.says(SAID[0]!);
  await expect(agent.draft).toHaveText(/^Gladly/);
  await model.says(SAID[1]!);
  await expect(agent.draft).toHaveText(/^Gladly so,/);

  await agent.page.reload();
  await expect(agent.draft).toHaveText(/^Gladly so,/);
  await model.says(SAID[2]!);
  await expect(agent.draft).toHaveText(/^Gladly so, and as/);
  await model.says(SAID[3]!);
  await expect(agent.draft).toHaveText(/^Gladly so, and as you like/);
  await model.ends();

  await expect(agent.draft).toHaveCount(0);
  await agent.reads(WHOLE);
  await expect.poll(() => agent.count(WHOLE)).toBe(1);
  expect(await agent.count(QUESTION)).toBe(1);
  await customer.reads(WHOLE);
  await expect.poll(() => customer.count(WHOLE)).toBe(1);
});
