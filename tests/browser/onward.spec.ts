// Replies by e-mail: asked for in the widget, proved by the code of the mail, sent once the page is closed, ended in the widget.
import { violations } from "./accessible";
import { Agent } from "./agent";
import { Customer } from "./customer";
import { Mailbox } from "./mailbox";
import { Office } from "./people";
import { expect, test as base } from "./setup";
import { SHOP } from "./shop";

const test = base.extend<{ mailbox: Mailbox }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of the pattern.
  mailbox: async ({}, use) => {
    const mailbox = await Mailbox.start();
    await use(mailbox);
    await mailbox.end();
  },
  settings: async ({ mailbox }, use) =>
    use({
      ...SHOP,
      SWITCHBOARD_EMAIL__SMTP_URL: mailbox.url,
      SWITCHBOARD_EMAIL__FROM: "Shop <support@shop.example>",
      SWITCHBOARD_EMAIL__ONWARD_AFTER_S: "1",
    }),
});

const JO = "jo@example.test";

test("who leaves the page is answered by e-mail, and may end that", async ({ server, open, mailbox }) => {
  const office = await Office.open(server);
  const jane = await office.hire("Jane", "Smith");
  const page = await open();
  const customer = await Customer.enter(page, server.url);
  await customer.writes("What is your return policy?");
  await customer.reads(/30 days/);
  const button = (name: string) => customer.panel.getByRole("button", { name });
  await button("Get replies by e-mail").click();
  await customer.panel.getByLabel("Your e-mail address").fill("nobody");
  await button("Send code").click();
  await customer.sees("This is not an address that we can write to.");
  await customer.panel.getByLabel("Your e-mail address").fill(JO);
  await customer.panel.getByLabel("Your e-mail address").press("Enter");
  await customer.sees(/A code is on its way to jo@example\.test/);
  await expect(customer.panel.getByLabel("Code of six digits")).toBeFocused();
  expect(await violations(page, "widget that waits for a code")).toEqual([]);
  await expect.poll(() => mailbox.mails.length).toBe(1);
  const code = /Your code is (\d{6})/.exec(mailbox.mails[0] ?? "")?.[1] ?? "";
  expect(mailbox.mails[0]).not.toContain("30 days");
  await customer.panel.getByLabel("Code of six digits").fill(code === "000000" ? "000001" : "000000");
  await button("Confirm").click();
  await customer.sees("This code is wrong or no longer valid.");
  await customer.panel.getByLabel("Code of six digits").fill(code);
  await button("Confirm").click();
  await customer.reads(`While you are away, replies also go to ${JO}.`);
  await expect(button("Stop e-mails")).toBeVisible();
  await button("Cancel").click();
  await customer.asksForAHuman();

  const agent = await Agent.logIn(await open(), server, jane);
  await agent.accepts();
  await expect(agent.page.getByRole("complementary", { name: "Customer and conversation" })).toContainText(JO);
  await page.goto("about:blank");
  await agent.writes("Jane here: you have 30 days.");
  await expect.poll(() => mailbox.mails.length, { timeout: 20_000 }).toBe(2);
  expect(mailbox.mails[1]).toContain("Jane here: you have 30 days.");

  // Back on the page everything is there, and no mail goes for what is read.
  const again = await Customer.enter(page, server.url);
  await again.reads("Jane here: you have 30 days.");
  await again.panel.getByRole("button", { name: "Get replies by e-mail" }).click();
  await again.panel.getByRole("button", { name: "Stop e-mails" }).click();
  await again.reads(`No more replies go to ${JO}.`);
  expect(mailbox.mails.length).toBe(2);
});

test("what is set is taken late too, and takes nothing from who has begun to write", async ({ server, open }) => {
  const office = await Office.open(server);
  await office.call("PUT", "/api/console/settings/widget", { title: "Hearth & Clay", position: "left" });
  const page = await open();
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route("**/widget/config?*", async (route) => {
    await held;
    await route.continue();
  });
  const customer = await Customer.enter(page, server.url);
  await expect(customer.panel.getByRole("heading", { name: "Hearth & Clay" })).toHaveCount(0);
  await customer.field.fill("Where is my");
  const place = await customer.place();
  answer();
  await expect(customer.panel.getByRole("button", { name: "Get replies by e-mail" })).toBeVisible();
  await expect(customer.panel.getByRole("heading", { name: "Hearth & Clay" })).toBeVisible();
  await expect(customer.field).toBeFocused();
  await expect(customer.field).toHaveValue("Where is my");
  expect(await customer.place()).toEqual(place);
});

test("it is not offered where nobody sends mails", async ({ browser }) => {
  const { Server } = await import("./server");
  const server = await Server.start(SHOP);
  const page = await browser.newPage();
  const customer = await Customer.enter(page, server.url);
  await customer.writes("What is your return policy?");
  await customer.reads(/30 days/);
  await expect(customer.panel.getByRole("button", { name: "Get replies by e-mail" })).toHaveCount(0);
  await page.close();
  await server.end();
});
