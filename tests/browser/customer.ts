// A customer with the widget on the shop's page.
import { expect, type Locator, type Page } from "@playwright/test";

declare global {
  interface Window {
    Switchboard?: { identify(who: { userId: string; token: string }): void };
  }
}

export class Customer {
  readonly chat: Locator;
  readonly panel: Locator;

  constructor(readonly page: Page) {
    this.chat = page.locator("switchboard-chat");
    this.panel = this.chat.getByRole("dialog");
  }

  static async enter(page: Page, url: string): Promise<Customer> {
    await page.goto(url);
    const customer = new Customer(page);
    await customer.open();
    return customer;
  }

  async open(): Promise<void> {
    const launcher = this.chat.getByRole("button", { name: /^Open chat/ });
    await expect(this.chat).toBeAttached();
    if (await launcher.isVisible()) await launcher.click();
    await expect(this.panel).toBeVisible();
  }

  /** The page says who this is, as a shop does after its own login. */
  async identifies(userId: string, token: string): Promise<void> {
    await this.page.evaluate((who) => window.Switchboard?.identify(who), { userId, token });
  }

  get field(): Locator {
    return this.panel.getByRole("textbox", { name: /write a message/i });
  }

  /** The assistant's answer while it is made. */
  get draft(): Locator {
    return this.panel.locator(".entry.draft");
  }

  /** Where the panel stands once it has risen, in pixels of the page. */
  async place(): ReturnType<Locator["boundingBox"]> {
    await this.panel.evaluate((panel) => Promise.all(panel.getAnimations().map((animation) => animation.finished)));
    return this.panel.boundingBox();
  }

  async writes(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press("Enter");
  }

  async reads(text: string | RegExp): Promise<void> {
    await expect(this.panel.getByRole("log").getByText(text).last()).toBeVisible();
  }

  async sees(text: string | RegExp): Promise<void> {
    await expect(this.panel.getByText(text).last()).toBeVisible();
  }

  async asksForAHuman(): Promise<void> {
    await this.panel.getByRole("button", { name: "Talk to a person" }).click();
  }

  async rates(score: number, comment: string): Promise<void> {
    await this.panel.getByLabel(`${score} of 5`).check({ force: true });
    await this.panel.getByRole("textbox", { name: /anything you would like to add/i }).fill(comment);
    await this.panel.getByRole("button", { name: "Send rating" }).click();
    await this.sees("Thank you for your rating!");
  }

  /** How often a text stands in the conversation. */
  async count(text: string): Promise<number> {
    return this.panel.getByRole("log").getByText(text, { exact: true }).count();
  }
}
