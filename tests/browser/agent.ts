// A person of the staff at work in the console.
import { expect, type Locator, type Page } from "@playwright/test";
import type { Server } from "./server";

export class Agent {
  readonly conversation: Locator;
  readonly offers: Locator;
  readonly lists: Locator;

  constructor(readonly page: Page) {
    this.conversation = page.getByRole("region", { name: /^Conversation with/ });
    this.offers = page.getByRole("region", { name: "Offers" });
    this.lists = page.getByRole("region", { name: "Conversations" });
  }

  static async logIn(page: Page, server: Server, who: { email: string; password: string }): Promise<Agent> {
    await page.goto(`${server.url}/console/`);
    await page.getByLabel("E-mail").fill(who.email);
    await page.getByLabel("Password", { exact: true }).fill(who.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
    return new Agent(page);
  }

  /** The field that asks for the password when the login has ended. */
  get password(): Locator {
    return this.page.getByRole("dialog", { name: "Log in again" }).getByLabel("Password", { exact: true });
  }

  async triesPassword(who: { password: string }): Promise<void> {
    await this.password.fill(who.password);
    await this.password.press("Enter");
  }

  async logsInAgain(who: { password: string }): Promise<void> {
    await this.triesPassword(who);
    await expect(this.password).toBeHidden();
  }

  /** When the access token that the console has now stops to hold, in milliseconds of the epoch. */
  async tokenEndsAt(): Promise<number> {
    return this.page.evaluate(() => {
      const { expires_at } = JSON.parse(localStorage.getItem("switchboard.console.session") ?? "{}");
      return Date.parse(expires_at);
    });
  }

  async goTo(name: string): Promise<void> {
    await this.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();
  }

  async accepts(): Promise<void> {
    await this.offers.getByRole("button", { name: /^Accept/ }).click();
    await expect(this.conversation).toBeVisible();
    await expect(this.conversation.getByText("Yours")).toBeVisible();
  }

  get field(): Locator {
    return this.page.getByRole("textbox", { name: "Reply to the customer" });
  }

  async writes(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press("Enter");
    await this.reads(text);
  }

  async notes(text: string): Promise<void> {
    await this.page.getByRole("radio", { name: "Note" }).or(this.page.getByRole("tab", { name: /note/i })).first().click({ force: true });
    const field = this.page.getByRole("textbox", { name: "Private note" });
    await field.fill(text);
    await field.press("Enter");
    await this.reads(text);
  }

  async reads(text: string | RegExp): Promise<void> {
    await expect(this.conversation.getByText(text).last()).toBeVisible();
  }

  /** The list of messages stands in the place of what is drawn first, and can be scrolled. */
  async scrolls(): Promise<void> {
    await expect(this.conversation.locator("[inert]")).toHaveCount(0);
  }

  /** The assistant's answer while it is made. */
  get draft(): Locator {
    return this.conversation.locator("[aria-busy] [data-draft]");
  }

  /** How often a text stands in the conversation. */
  async count(text: string): Promise<number> {
    return this.conversation.getByText(text, { exact: true }).count();
  }

  async opensFromAll(text: string): Promise<void> {
    await this.lists.getByText("All", { exact: true }).click();
    await this.lists.getByRole("link").filter({ hasText: text }).first().click();
    await expect(this.conversation).toBeVisible();
  }

  /** What is known of the customer and of the conversation. */
  get panel(): Locator {
    return this.page.getByRole("complementary", { name: "Customer and conversation" });
  }

  async chooses(label: string, option: string): Promise<void> {
    await this.panel.getByRole("combobox", { name: label }).click();
    await this.page.getByRole("option", { name: option }).click();
  }

  async adds(label: string, word: string): Promise<void> {
    const field = this.panel.getByRole("combobox", { name: label });
    await field.fill(word);
    await field.press("Enter");
    await expect(this.panel.getByText(word, { exact: true })).toBeVisible();
    await this.page.keyboard.press("Escape");
  }

  async transfersTo(name: string, note: string): Promise<void> {
    await this.conversation.getByRole("button", { name: "Transfer" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Transfer the conversation" });
    const radio = dialog.getByRole("radio", { name: new RegExp(name) });
    // Whoever has just come is not there for everybody yet.
    await expect(radio).toBeEnabled();
    await radio.check();
    await dialog.getByLabel("Note for them").fill(note);
    await dialog.getByRole("button", { name: /^Transfer/ }).click();
    await expect(dialog).toBeHidden();
  }

  async does(item: string): Promise<void> {
    await this.conversation.getByRole("button", { name: "More actions" }).click();
    await this.page.getByRole("menuitem", { name: item }).click();
  }

  async closes(reason: string, summary: string): Promise<void> {
    await this.conversation.getByRole("button", { name: "Close", exact: true }).click();
    const dialog = this.page.getByRole("dialog", { name: "Close the conversation" });
    await dialog.getByLabel("Reason").fill(reason);
    await dialog.getByLabel("Summary").fill(summary);
    await dialog.getByRole("button", { name: /^Close/ }).last().click();
    await expect(dialog).toBeHidden();
  }
}
