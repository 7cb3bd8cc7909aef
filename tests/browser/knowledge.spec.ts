// The knowledge page: a file becomes an answer whose source leads to the very words, and a question without an answer
// becomes one with an answer.
import type { Locator, Page } from "@playwright/test";
import { violations } from "./accessible";
import { Agent } from "./agent";
import { Customer } from "./customer";
import { pdf } from "./pdf";
import { Office } from "./people";
import { ADMIN } from "./server";
import { expect, test } from "./setup";
import { SHOP, Shop } from "./shop";

test.use({ settings: SHOP });

const TERMS = pdf("Terms of the kiln club", [
  ["Members of the kiln club fire their pots in our big kiln.", "Nobody has to bring glaze: it is part of the fee."],
  ["The kiln club costs 45 euros a month.", "Members may end it by the end of each quarter."],
]);

test("a PDF that is uploaded becomes an answer, and the answer's source leads to the words", async ({ server, open }) => {
  const admin = await Agent.logIn(await open(), server, ADMIN);
  await admin.goTo("Knowledge");
  await admin.page.getByRole("button", { name: "Add a source" }).click();
  const dialog = admin.page.getByRole("dialog", { name: "Add a source" });
  await chooses(dialog, { name: "kiln-club.pdf", mimeType: "application/pdf", buffer: TERMS });
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog).toBeHidden();
  const row = admin.page.getByRole("row", { name: /Terms of the kiln club/ });
  await expect(row.getByText("Ready")).toBeVisible();

  const customer = await Customer.enter(await open(), server.url);
  await customer.writes("How much does the kiln club cost a month?");
  await customer.reads(/45 euros a month/);
  await expect(customer.panel.getByText("Terms of the kiln club")).toBeVisible();

  const office = await Office.open(server);
  const agent = await Agent.logIn(await open(), server, await office.hire("Jane", "Smith"));
  await agent.opensFromAll("45 euros");
  await agent.conversation.getByRole("link", { name: "Terms of the kiln club" }).click();
  const mark = agent.page.locator("mark");
  await expect(mark).toHaveCount(1);
  await expect(mark).toBeInViewport();
  await expect(mark).toBeFocused();
  await expect(mark).toContainText("The kiln club costs 45 euros a month.");
  await expect(agent.page.getByText("The cited passage is marked and has the focus.")).toBeAttached();
  await expect(agent.page.getByRole("button", { name: /^Actions/ })).toHaveCount(0);

  // Another version: the link says that the words may have moved, and marks none.
  const changed = { title: "Terms of the kiln club", kind: "text", text: "The kiln club costs 50 euros a month." };
  const { items } = await office.call<{ items: { id: string }[] }>("GET", "/api/console/knowledge/documents");
  const path = `/api/console/knowledge/documents/${items[0]?.id}`;
  await office.call("PUT", path, changed);
  await expect.poll(async () => (await office.call<{ live: number }>("GET", path)).live).toBe(2);
  await agent.page.reload();
  await expect(agent.page.getByText("The answer cites version 1, and this is version 2")).toBeVisible();
  await expect(agent.page.getByText("The kiln club costs 50 euros a month.")).toBeVisible();
  await expect(mark).toHaveCount(0);
});

test("a question without an answer becomes an FAQ, which the next customer gets", async ({ server, open }) => {
  const question = "Do you engrave mugs for weddings?";
  const first = await Customer.enter(await open(), server.url);
  await first.writes(question);
  await expect(first.panel.locator(".entry.ai, .entry.notice").last()).toBeVisible();

  const admin = await Agent.logIn(await open(), server, ADMIN);
  await admin.goTo("Knowledge");
  await admin.page.getByRole("tab", { name: "Unanswered" }).click();
  const group = admin.page.getByRole("article", { name: question });
  await expect(group).toContainText("1 time");
  await group.getByRole("button", { name: "Write the answer" }).click();
  const dialog = admin.page.getByRole("dialog", { name: "Write the answer" });
  await expect(dialog.getByLabel("Question")).toHaveValue(question);
  await dialog.getByLabel("Answer").fill("Gladly: up to twelve letters for 8 euros a mug.");
  await dialog.getByLabel("Where more can be read").fill("https://shop.example/engraving");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(group).toHaveCount(0);
  await admin.page.getByRole("tab", { name: "FAQ" }).click();
  await expect(admin.page.getByRole("row", { name: /twelve letters/ })).toBeVisible();

  const second = await Customer.enter(await open(), server.url);
  await second.writes("do you engrave mugs for weddings");
  await second.reads("Gladly: up to twelve letters for 8 euros a mug.");
  const source = second.panel.getByRole("link", { name: question });
  await expect(source).toHaveAttribute("href", "https://shop.example/engraving");

  await admin.goTo("Inbox");
  await admin.opensFromAll("twelve letters");
  const conversation = admin.conversation;
  const page = conversation.getByRole("link", { name: `Page of “${question}”` });
  await expect(page).toHaveAttribute("href", "https://shop.example/engraving");
  await conversation.getByRole("link", { name: question, exact: true }).click();
  await expect(admin.page.getByLabel("Search questions")).toHaveValue(question);
  await expect(admin.page.getByRole("row", { name: /twelve letters/ })).toBeVisible();
});

for (const scheme of ["light", "dark"] as const) {
  test(`every tab and dialog of the knowledge is accessible, ${scheme}`, async ({ server, open }) => {
    const shop = await Shop.open(server);
    await shop.writesDown();
    await shop.office.call("POST", "/api/console/knowledge/documents", { url: "http://127.0.0.1:9/private" });
    const page = await open({ colorScheme: scheme });
    const admin = await Agent.logIn(page, server, ADMIN);
    await admin.goTo("Knowledge");
    await expect(page.getByRole("row", { name: /private address|is a private one/ })).toBeVisible();
    const found = [...(await violations(page, "sources")), ...(await dialogs(page))];
    await page.getByRole("tab", { name: "FAQ" }).click();
    await expect(page.getByText("Do you wrap gifts?")).toBeVisible();
    found.push(...(await violations(page, "faqs")));
    await page.getByRole("tab", { name: "Unanswered" }).click();
    await page.getByRole("button", { name: "Write the answer" }).first().click();
    await expect(page.getByRole("dialog").getByLabel("Answer")).toBeFocused();
    found.push(...(await violations(page, "write the answer")));
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
    found.push(...(await violations(page, "unanswered")));
    await page.getByRole("tab", { name: "Try a search" }).click();
    await page.getByLabel("A customer’s question").fill("Which teapots may go into the dishwasher?");
    await page.keyboard.press("Enter");
    const hit = page.getByRole("list", { name: "Above the floor" }).getByRole("listitem").first();
    await expect(hit.locator("mark").first()).toBeVisible();
    found.push(...(await violations(page, "search")));
    await hit.getByRole("link").first().click();
    await expect(page.locator("mark")).toBeInViewport();
    found.push(...(await violations(page, "source")));
    expect(found).toEqual([]);
  });
}

/** A file by the button, as with a keyboard. */
async function chooses(dialog: Locator, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  const chooser = dialog.page().waitForEvent("filechooser");
  await dialog.getByRole("button", { name: "Choose files…" }).press("Enter");
  await (await chooser).setFiles([file]);
}

/** The three ways to add a source. */
async function dialogs(page: Page): Promise<string[]> {
  const found: string[] = [];
  await page.getByRole("button", { name: "Add a source" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a source" });
  const photo = { name: "photo.png", mimeType: "image/png", buffer: Buffer.from("no text") };
  await chooses(dialog, photo);
  await expect(dialog.getByRole("alert")).toContainText("can be read");
  await dialog.getByText("Advanced").click();
  found.push(...(await violations(page, "add files")));
  for (const way of ["Text", "Web page"]) {
    await dialog.getByText(way, { exact: true }).click();
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    found.push(...(await violations(page, `add: ${way}`)));
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  return found;
}
