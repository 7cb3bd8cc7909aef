// What every browser test has: a server of its own, and pages that fail the test when a script of theirs breaks.
import { test as base, type BrowserContextOptions, type Page, expect } from "@playwright/test";
import { Server } from "./server";

export { expect };

interface Setup {
  /** Settings of the server, as environment variables. */
  settings: Record<string, string>;
  server: Server;
  /** Opens an empty page in a browser profile of its own: another person, at another computer. */
  open: (options?: BrowserContextOptions) => Promise<Page>;
}

export const test = base.extend<Setup>({
  settings: [{}, { option: true }],
  server: async ({ settings }, use) => {
    const server = await Server.start(settings);
    await use(server);
    await server.end();
  },
  open: async ({ browser }, use) => {
    const broken: Error[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      page.on("pageerror", (error) => broken.push(error));
      return page;
    });
    expect(broken.map((error) => error.stack ?? error.message)).toEqual([]);
  },
});
