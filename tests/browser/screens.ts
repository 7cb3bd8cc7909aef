// Pictures of the pages, for the README and for whoever looks at a change: in SWITCHBOARD_SCREENS, if it is set.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";

const folder = process.env.SWITCHBOARD_SCREENS;

export const wantsPictures = Boolean(folder);

export async function shoot(page: Page, name: string): Promise<void> {
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
