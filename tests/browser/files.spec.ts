// Files between customers and agents, in real browsers.
import { readFile } from "node:fs/promises";
import { violations } from "./accessible";
import { Agent } from "./agent";
import { Customer } from "./customer";
import { pdf } from "./pdf";
import { Office } from "./people";
import { expect, test } from "./setup";

/** A picture of one green point. */
const GREEN = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgWOAAAAGEAOHRqgTyAAAAAElFTkSuQmCC",
  "base64",
);

test("a customer shows a picture, the agent sees it and answers with a document", async ({ server, open }) => {
  const office = await Office.open(server);
  const jane = await office.hire("Jane", "Smith");
  const customer = await Customer.enter(await open(), server.url);
  const picker = customer.panel.locator('input[type="file"]');
  await picker.setInputFiles({ name: "garden.png", mimeType: "image/png", buffer: GREEN });
  await expect(customer.panel.getByText("1 kB")).toBeVisible();
  await customer.panel.getByRole("button", { name: "Send", exact: true }).click();
  const shown = customer.panel.getByRole("log").locator('img[alt="garden.png"]');
  await expect(shown).toBeVisible();
  await expect(customer.panel.getByText("[image: garden.png]")).toHaveCount(0);
  await customer.asksForAHuman();

  const agent = await Agent.logIn(await open(), server, jane);
  await agent.accepts();
  await agent.scrolls();
  await expect(agent.conversation.locator('img[alt="garden.png"]')).toBeVisible();
  expect(await violations(agent.page, "console with a picture")).toEqual([]);
  const bill = pdf("Bill", [["One teapot"]]);
  await agent.page.locator('input[type="file"]').setInputFiles({ name: "bill 7.pdf", mimeType: "application/pdf", buffer: bill });
  await agent.field.fill("Here is your bill.");
  await expect(agent.conversation.getByRole("button", { name: "Send" })).toBeEnabled();
  await agent.conversation.getByRole("button", { name: "Send" }).click();
  await expect(agent.conversation.getByRole("button", { name: /Download bill 7\.pdf/ })).toBeVisible();

  await customer.reads("Here is your bill.");
  const download = customer.page.waitForEvent("download");
  await customer.panel.getByRole("button", { name: /Download: bill 7\.pdf/ }).click();
  const kept = await download;
  expect(kept.suggestedFilename()).toBe("bill 7.pdf");
  expect((await readFile(await kept.path())).equals(bill)).toBe(true);
  expect(await violations(customer.page, "widget with files")).toEqual([]);

  // A reload shows the same, fetched anew.
  await customer.page.reload();
  const again = new Customer(customer.page);
  await again.open();
  await expect(again.panel.getByRole("log").locator('img[alt="garden.png"]')).toBeVisible();
});

test("what can not be sent is said beside the file, and the rest goes", async ({ server, open }) => {
  const customer = await Customer.enter(await open({ colorScheme: "dark" }), server.url);
  const picker = customer.panel.locator('input[type="file"]');
  await picker.setInputFiles([
    { name: "run.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ\u0090") },
    { name: "garden.png", mimeType: "image/png", buffer: GREEN },
  ]);
  await customer.sees("could not be sent");
  await expect(customer.panel.getByText("1 kB")).toBeVisible();
  expect(await violations(customer.page, "widget with files to send, dark")).toEqual([]);
  await customer.writes("Only the picture");
  await customer.reads("Only the picture");
  await expect(customer.panel.getByRole("log").locator('img[alt="garden.png"]')).toBeVisible();
  await expect(customer.panel.getByText("run.exe")).toHaveCount(0);
});
