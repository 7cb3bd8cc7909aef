// A conversation of ten thousand messages in the console: it opens at its end at once, holds few nodes, and scrolls from the newest
// message to the oldest and back without a gap, a repeat, or a frame that hangs.
import type { Page } from "@playwright/test";
import { Agent } from "./agent";
import { Desk } from "./desk";
import { expect, test } from "./setup";
import { SHOP, Shop } from "./shop";

// A trace of so many rows would be slower than what it shows.
test.use({ trace: "off" });
test.use({ settings: { ...SHOP, SWITCHBOARD_ASSISTANT__SUGGESTS: "false" } });

const MESSAGES = 10_000;
/** From the address to the newest message on the screen, on a page that is loaded already. */
const OPEN_MAX_MS = 6_000;
/** Rows that may be in the document, whatever the length of the log. */
const ROWS_MAX = 150;
/** How long the page may keep the browser from painting, but for one frame in a hundred: other programs want the machine too. */
const FRAME_MAX_MS = 200;
/** And how long at the very worst. */
const HANG_MAX_MS = 1_000;
/** How far one step of scrolling goes: less than what is in the document, also where a page that comes in moves the rows by some
 * hundred pixels, so that no message goes by unseen. */
const STEP_PX = 600;
const LONG_MS = 540_000;

test("ten thousand messages open at once and scroll without a gap", async ({ server, open }) => {
  test.setTimeout(LONG_MS);
  const shop = await Shop.open(server);
  await shop.waits(1, 1);
  const session = await shop.waits(0, 0);
  const desk = await Desk.enter(await open(), server, shop.omar);
  await desk.takes(session);
  await desk.saysMuch(session, MESSAGES);
  const agent = await Agent.logIn(await open(), server, shop.jane);
  const { page } = agent;

  // Another one first, so that what the page loads once is there.
  await agent.opensFromAll("I want to talk to a person, please");
  const began = Date.now();
  await agent.lists.getByRole("link").filter({ hasText: text(MESSAGES) }).click();
  await agent.reads(text(MESSAGES));
  expect(Date.now() - began).toBeLessThan(OPEN_MAX_MS);
  // The last screen is drawn at once and stands there until the list has measured its rows.
  await agent.scrolls();

  const upwards = await scroll(page, -STEP_PX, text(1));
  const downwards = await scroll(page, STEP_PX, text(MESSAGES));
  const all = Array.from({ length: MESSAGES }, (_, number) => text(number + 1));
  expect(upwards.seen).toEqual([...all].reverse());
  expect(downwards.seen).toEqual(all);
  expect(Math.max(upwards.rows, downwards.rows)).toBeLessThan(ROWS_MAX);
  const [blocked, frames] = [[...upwards.blocked, ...downwards.blocked], upwards.frames + downwards.frames];
  expect(blocked.filter((ms) => ms > FRAME_MAX_MS).length).toBeLessThanOrEqual(frames / 100);
  expect(Math.max(0, ...blocked)).toBeLessThan(HANG_MAX_MS);
});

interface Seen {
  /** Each message in the order in which it came up. */
  seen: string[];
  /** The most rows that were in the document at once. */
  rows: number;
  /** The page's own work that held up a frame, in milliseconds. */
  blocked: number[];
  frames: number;
}

function text(number: number): string {
  return `message ${String(number).padStart(5, "0")}`;
}

/** Scrolls until a text is in the document; a message that stands there twice is an error. */
function scroll(page: Page, step: number, until: string): Promise<Seen> {
  return page.evaluate(
    async ({ step, until }) => {
      const list = document.querySelector('[aria-label="Messages"]');
      const blocked: number[] = [];
      const observer = new PerformanceObserver((entries) => {
        blocked.push(...entries.getEntries().map((entry) => entry.duration));
      });
      observer.observe({ type: "longtask" });
      const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const known = new Set<string>();
      let [rows, frames] = [0, 0];
      while (!known.has(until)) {
        const items = [...(list?.querySelectorAll("[data-item-index]") ?? [])];
        const messages = items.flatMap((row) => row.textContent?.match(/message \d{5}/)?.[0] ?? []);
        if (new Set(messages).size !== messages.length) throw new Error(`twice: ${messages.join(", ")}`);
        for (const message of step < 0 ? messages.reverse() : messages) known.add(message);
        rows = Math.max(rows, items.length);
        list?.scrollBy({ top: step });
        await painted();
        frames += 2;
      }
      observer.disconnect();
      return { seen: [...known], rows, blocked, frames };
    },
    { step, until },
  );
}
