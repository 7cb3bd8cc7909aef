// Ids of ours, for all pages. `crypto.randomUUID` is only there on pages that came by https; this is everywhere.

const BYTES = 16;

export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
