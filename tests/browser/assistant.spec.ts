// What an administrator sets on the Assistant page is what the next customer meets; what it costs stands on the Costs page.
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { violations } from "./accessible";
import { Agent } from "./agent";
import { Customer } from "./customer";
import { Model } from "./model";
import { Office } from "./people";
import { ADMIN, type Server } from "./server";
import { expect, test as base } from "./setup";
import { SHOP } from "./shop";

/** A service of the shop's that knows one order. */
class Orders {
  private constructor(private readonly server: HttpServer) {}

  static async start(): Promise<Orders> {
    const server = createServer((request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ asked: request.url, state: "shipped" }));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new Orders(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}

const test = base.extend<{ model: Model; orders: Orders }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are used from it
  model: async ({}, use) => {
    const model = await Model.start();
    await use(model);
    await model.stop();
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  orders: async ({}, use) => {
    const orders = await Orders.start();
    await use(orders);
    await orders.stop();
  },
  settings: async ({ model }, use) =>
    use({ ...SHOP, ...model.settings, SWITCHBOARD_ASSISTANT__PRIVATE_ADDRESSES: "true" }),
});

/** An administrator on the Assistant page. */
class Rules {
  constructor(readonly page: Page) {}

  static async enter(page: Page, server: Server): Promise<Rules> {
    const admin = await Agent.logIn(page, server, ADMIN);
    await admin.goTo("Assistant");
    await expect(page.getByRole("heading", { level: 1, name: "Assistant" })).toBeVisible();
    return new Rules(page);
  }

  async tab(name: string): Promise<void> {
    await this.page.getByRole("tab", { name }).click();
    await expect(this.page.getByRole("tab", { name })).toHaveAttribute("aria-selected", "true");
  }

  async saves(): Promise<void> {
    await this.page.getByRole("button", { name: "Save changes" }).click();
    await expect(this.page.getByRole("button", { name: "Save changes" })).toBeHidden();
  }
}

test("a customer meets the persona and the rules that were set a moment ago", async ({ server, open, model }) => {
  const rules = await Rules.enter(await open(), server);
  const { page } = rules;
  await page.getByRole("textbox", { name: "Persona" }).fill("You are Pia of the pottery.");
  await rules.saves();
  await rules.tab("Rules");
  await page.getByRole("combobox", { name: "It does not speak of" }).fill("politics");
  await page.getByRole("combobox", { name: "It does not speak of" }).press("Enter");
  await page.getByRole("textbox", { name: "What it says instead" }).fill("I only talk about pots.");
  await rules.saves();

  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("What do you think of politics?");
  await customer.reads("I only talk about pots.");
  expect(model.requests, "no model is asked about it").toBe(0);
  await customer.writes("Good morning to you");
  await model.says("Good morning!");
  await model.ends();
  await customer.reads("Good morning!");
  expect(model.askedWith).toContain("You are Pia of the pottery.");
});

test("two administrators do not write over one another's words unseen", async ({ server, open }) => {
  const [ada, max] = [await Rules.enter(await open(), server), await Rules.enter(await open(), server)];
  await max.page.getByRole("textbox", { name: "Persona" }).fill("You are Max.");
  await ada.page.getByRole("textbox", { name: "Persona" }).fill("You are Ada.");
  await ada.saves();
  await max.page.getByRole("button", { name: "Save changes" }).click();
  await expect(max.page.getByText(/somebody else changed `persona` meanwhile/)).toBeVisible();
  await expect(max.page.getByRole("textbox", { name: "Persona" })).toHaveValue("You are Max.");
  await max.page.getByRole("button", { name: "Discard" }).click();
  await expect(max.page.getByRole("textbox", { name: "Persona" })).toHaveValue("You are Ada.");
});

test("a model's key is not shown again, and a tool is described and tried", async ({ server, open, orders }) => {
  const rules = await Rules.enter(await open(), server);
  const { page } = rules;
  await rules.tab("Model");
  await page.getByRole("textbox", { name: "Model", exact: true }).fill("support-8b");
  await page.getByLabel("Key", { exact: true }).fill("sk-never-shown");
  await page.getByRole("button", { name: "Save model" }).click();
  await expect(page.getByText("Answers with support-8b")).toBeVisible();
  await expect(page.getByText("One is stored.")).toBeVisible();
  await expect(page.getByLabel("Key", { exact: true })).toHaveValue("");
  expect(await page.content()).not.toContain("sk-never-shown");

  await rules.tab("Tools");
  await page.getByRole("button", { name: "New tool" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").first().fill("order status");
  await dialog.getByLabel("Description").fill("Looks an order up by its number.");
  await dialog.getByLabel("Address").fill(`${orders.url}/orders/{order}`);
  await dialog.getByRole("button", { name: "Add an argument" }).click();
  await dialog.getByLabel("Name of argument 1").fill("order");
  expect(await violations(page, "tool dialog")).toEqual([]);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: "Try order_status" }).click();
  await dialog.getByRole("textbox", { name: /^order/ }).fill("88112");
  await dialog.getByRole("button", { name: "Try it" }).click();
  await expect(dialog.getByText("Answered · status 200")).toBeVisible();
  await expect(dialog.getByText("/orders/88112")).toBeVisible();
});

test("a budget is set and seen, and both pages are accessible, light and dark", async ({ server, open, model }) => {
  const office = await Office.open(server);
  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("Good morning to you");
  await model.says("Good morning!");
  await model.ends();
  await customer.reads("Good morning!");
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await open({ colorScheme });
    const admin = await Agent.logIn(page, server, ADMIN);
    await admin.goTo("Costs");
    const month = page.getByRole("region", { name: "This month" });
    if (colorScheme === "light") {
      await expect(month).toContainText("there is no limit");
      await month.getByRole("button", { name: "Set a budget" }).click();
      await page.getByLabel("May be spent in a month").fill("50");
      await page.getByRole("button", { name: "Save" }).click();
    }
    await expect(month).toContainText(/of .*\$50\.00 spent/);
    await expect(page.getByRole("region", { name: "By service" })).toContainText("Answers");
    await settled(page);
    found.push(...(await violations(page, `costs, ${colorScheme}`)));
    await admin.goTo("Assistant");
    for (const tab of ["Answers", "Rules", "Personal data", "Model", "Tools"]) {
      await page.getByRole("tab", { name: tab }).click();
      await settled(page);
      found.push(...(await violations(page, `assistant, ${tab}, ${colorScheme}`)));
    }
  }
  expect(found).toEqual([]);
  const budget = await office.call<{ monthly: number }>("GET", "/api/console/costs/budget");
  expect(budget.monthly).toBe(50);
});

/** Nothing is loading any more, and nothing is pointed at. */
async function settled(page: Page): Promise<void> {
  await page.mouse.move(0, 0);
  await expect(page.locator(".mantine-Skeleton-root, .mantine-Loader-root")).toHaveCount(0);
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))));
}
