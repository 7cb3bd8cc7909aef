// What axe says of a page, by the success criteria of WCAG 2.2 up to AA.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

const CRITERIA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** One line for each place that breaks a rule; none is the goal. */
export async function violations(page: Page, place: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(CRITERIA).analyze();
  return violations.flatMap((rule) =>
    rule.nodes.map((node) => `${place}: ${rule.id}: ${node.target.join(" ")}: ${node.any[0]?.message ?? rule.help}`),
  );
}
