// Every page of the console and the widget on a shop's page, light and dark: loaded, without a violation of WCAG 2.2 AA, and,
// where SWITCHBOARD_SCREENS says where to, as pictures.
import type { Page } from "@playwright/test";
import { violations } from "./accessible";
import { Agent } from "./agent";
import { Customer } from "./customer";
import { Desk } from "./desk";
import { shoot, wantsPictures } from "./screens";
import { ADMIN, canTravel } from "./server";
import { expect, test } from "./setup";
import { SHOP, Shop } from "./shop";

test.use({ settings: SHOP });

/** How many days of the shop the dashboard's picture shows. */
const DAYS = 29;

/** Some thirty pages, each looked at by axe. */
const LONG_MS = 540_000;

for (const scheme of ["light", "dark"] as const) {
  test(`every page of the console is accessible, ${scheme}`, async ({ server, open }) => {
    test.setTimeout(LONG_MS);
    const shop = await Shop.open(server);
    const other = await open();
    if (wantsPictures && canTravel && scheme === "light") await shop.livesThrough(DAYS, other);
    const desk = await shop.today(other, await open());
    const found: string[] = [];
    let page = await open({ colorScheme: scheme });
    const look = async (place: string) => {
      await settled(page);
      await shoot(page, scheme === "light" ? `console-${place}` : `console-${place}-dark`);
      found.push(...(await violations(page, place)));
    };

    await page.goto(`${server.url}/console/`);
    await expect(page.getByRole("button", { name: "Log in" })).toBeVisible();
    await look("sign-in");
    const jane = await Agent.logIn(page, server, shop.jane);
    await jane.lists.getByRole("link").first().click();
    await jane.reads(/It is with the carrier|Done: it goes to the new address/);
    await desk.does("status", { status: "available" });
    await jane.offers.getByRole("button", { name: /^Accept/ }).waitFor();
    await look("offer");
    await jane.accepts();
    await expect(jane.conversation.getByText("crack in the lid").first()).toBeVisible();
    await jane.writes("I am so sorry! A new one leaves us today by express, and you can keep the old one.");
    await jane.notes("Gold member: express for free.");
    await jane.field.or(page.getByRole("tab", { name: "Reply" })).first().click();
    await look("conversation");
    await jane.conversation.getByRole("button", { name: "Transfer" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await look("transfer");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
    await jane.lists.getByText("Queue").click();
    await look("queue");
    await jane.lists.getByText("All", { exact: true }).click();
    await expect(jane.lists.getByRole("link").first()).toBeVisible();
    await look("all");
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog")).toBeVisible();
    await look("palette");
    await page.keyboard.press("Escape");
    await jane.goTo("Customers");
    await expect(page.getByRole("link", { name: /Anna Lindqvist/ })).toBeVisible();
    await look("customers");
    await page.getByRole("link", { name: /Anna Lindqvist/ }).click();
    await expect(page.getByRole("heading", { name: "Anna Lindqvist" })).toBeVisible();
    await look("customer");

    page = await open({ colorScheme: scheme });
    const admin = await Agent.logIn(page, server, ADMIN);
    await admin.goTo("Dashboard");
    await expect(page.locator(".recharts-surface").first()).toBeVisible();
    await look("dashboard");
    await shop.writesDown();
    await admin.goTo("Knowledge");
    for (const tab of await tabs(page)) {
      await tab.click();
      const name = slug(await tab.innerText());
      await look(name === "sources" ? "knowledge" : name);
    }
    await page.getByLabel("A customer’s question").fill("Which teapots may go into the dishwasher?");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByRole("list", { name: "Above the floor" }).getByRole("link").first().click();
    await expect(page.locator("mark").first()).toBeInViewport();
    await look("source-highlighted");
    await admin.goTo("Assistant");
    for (const tab of await tabs(page)) {
      await tab.click();
      await look(`assistant-${slug(await tab.innerText())}`);
    }
    await admin.goTo("Costs");
    await expect(page.getByRole("region", { name: "This month" })).toContainText("spent");
    await look("costs");
    await admin.goTo("Team");
    await expect(page.getByText("Omar Haddad").first()).toBeVisible();
    await look("team");
    await admin.goTo("Webhooks");
    await expect(page.getByText("No webhooks yet")).toBeVisible();
    await look("webhooks");
    await admin.goTo("Settings");
    for (const tab of await tabs(page)) {
      await tab.click();
      await look(`settings-${slug(await tab.innerText())}`);
    }
    await admin.goTo("System");
    for (const tab of await tabs(page)) {
      await tab.click();
      await look(`system-${slug(await tab.innerText())}`);
    }
    expect(found).toEqual([]);
  });

  test(`the widget on a shop's page is accessible, ${scheme}`, async ({ server, open }) => {
    const shop = await Shop.open(server);
    const page = await open({ colorScheme: scheme });
    const found: string[] = [];
    const look = async (place: string) => {
      await settled(page);
      await shoot(page, scheme === "light" ? `widget-${place}` : `widget-${place}-dark`);
      found.push(...(await violations(page, place)));
    };
    await page.goto(server.url);
    await expect(page.getByRole("button", { name: /^Open chat/ })).toBeVisible();
    await look("closed");
    const customer = new Customer(page);
    await customer.open();
    await look("open");
    await customer.writes("What is your return policy?");
    await customer.reads(/30 days/);
    await look("answer");
    await customer.asksForAHuman();
    await customer.sees("You are next");
    await look("queue");
    const desk = await Desk.enter(await open(), server, shop.jane);
    const [session] = await shop.waiting();
    await desk.takes(session ?? "");
    await desk.says(session ?? "", "Hello, this is Jane. How can I help?");
    await customer.reads("Hello, this is Jane. How can I help?");
    await look("person");
    await desk.closes(session ?? "", "solved");
    await customer.sees("How was this conversation?");
    await expect(customer.panel.getByText("How was this conversation?")).toBeInViewport();
    await look("rating");
    await customer.rates(5, "Quick and kind");
    await look("rated");
    expect(found).toEqual([]);
  });
}

/** Nothing is loading any more, nothing moves, and nothing is pointed at. */
async function settled(page: Page): Promise<void> {
  await page.mouse.move(0, 0);
  await expect(page.getByRole("tooltip")).toHaveCount(0);
  await expect(page.locator(".mantine-Skeleton-root, .mantine-Loader-root")).toHaveCount(0);
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))));
}

async function tabs(page: Page) {
  await expect(page.getByRole("main").getByRole("tab").first()).toBeVisible();
  return page.getByRole("main").getByRole("tab").all();
}

function slug(text: string): string {
  return text.toLowerCase().replace(/[^a-z]+/g, "-").replace(/^-|-$/g, "");
}
