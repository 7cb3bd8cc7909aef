// Pictures of the pages, for the README and for whoever looks at a change: in SWITCHBOARD_SCREENS, if it is set.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";

const folder = process.env.SWITCHBOARD_SCREENS;

export const wantsPictures = Boolean(folder);

/** Those that the repository keeps; each picture stays in its history for ever. */
const KEPT = new Set([
  "console-sign-in",
  "console-offer",
  "console-conversation",
  "console-conversation-dark",
  "console-customer",
  "console-dashboard",
  "console-knowledge",
  "console-unanswered",
  "console-source-highlighted",
  "console-assistant-rules",
  "console-team",
  "console-settings-routing",
  "console-settings-widget",
  "console-system-overview",
  "widget-open",
  "widget-queue",
  "widget-person",
  "widget-rating",
]);

export async function shoot(page: Page, name: string): Promise<void> {
  if (!folder || !KEPT.has(name)) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
