// What the pages of webhooks and of an organization's own channels have in common: a service on this machine that is tried again soon,
// a secret that is shown once, and a menu of what can be done.
import { expect, type Page } from "@playwright/test";

/** A receiver may be on this machine, and the ten tries of a delivery that is refused take about eighty seconds instead of two days. */
export const OUTSIDE = {
  SWITCHBOARD_WEBHOOKS__PRIVATE_ADDRESSES: "true",
  SWITCHBOARD_OUTBOX__RETRY_FIRST_MS: "1",
  SWITCHBOARD_OUTBOX__PAUSE_MIN_MS: "100",
  SWITCHBOARD_OUTBOX__PAUSE_MAX_MS: "500",
};

/** Reads the secret, closes the dialog, and sees that the page has it no longer. */
export async function storesSecret(page: Page, of: "webhook" | "channel"): Promise<string> {
  const dialog = page.getByRole("dialog", { name: `The secret of the ${of}` });
  const field = dialog.getByLabel("Secret", { exact: true });
  await expect(field).toBeFocused();
  const secret = await field.inputValue();
  expect(secret).toMatch(/^whsec_/);
  await page.keyboard.press("Escape");
  await expect(field).toBeVisible();
  await dialog.getByRole("button", { name: "I have stored it" }).click();
  await expect(dialog).toBeHidden();
  expect(await page.content()).not.toContain(secret);
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toContain(secret);
  return secret;
}

/** Chooses from the only menu of its kind. */
export async function does(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: item }).click();
  // It fades away; what is looked at next stands behind it.
  await expect(page.getByRole("menu")).toBeHidden();
}
