// How replies by e-mail stand, as the server says it, and what is shown of that. Pure.

import type { MailTexts } from "./texts";

export type Standing = {
  offered: boolean;
  asked: { address: string } | null;
  proven: { address: string } | null;
};

export type Step = "address" | "code" | "proven";

export const NOTHING: Standing = { offered: true, asked: null, proven: null };

/** Checked: a server that says something else says nothing. */
export function standingOf(sent: unknown): Standing {
  if (typeof sent !== "object" || sent === null) return NOTHING;
  const { offered, asked, proven } = sent as Record<string, unknown>;
  const address = (of: unknown): string | null => {
    const found = (of as { address?: unknown } | null)?.address;
    return typeof found === "string" ? found : null;
  };
  const [wanted, known] = [address(asked), address(proven)];
  return {
    offered: offered !== false,
    asked: wanted === null ? null : { address: wanted },
    proven: known === null ? null : { address: known },
  };
}

/** An address that waits for its code comes before the one that is known: it was typed last. */
export function stepOf(standing: Standing): Step {
  if (standing.asked) return "code";
  return standing.proven ? "proven" : "address";
}

/** What a refusal is to the customer. */
export function refusal(status: number, step: Step, texts: MailTexts): string {
  if (status === 429) return texts.tooOften;
  if (status === 400) return step === "code" ? texts.wrongCode : texts.wrongAddress;
  return texts.failed;
}
