// The server's refusals at the fields that they name.
import { ApiError } from "../api/client";
import { explain } from "./states";

/** What the server says about this field, as a sentence; null when it named another or none. */
export function fieldError(error: unknown, name: string): string | null {
  if (!(error instanceof ApiError) || !error.field || !names(error.field, name)) return null;
  return sentence(error.message);
}

/** What is left to show above the form: everything that none of its fields shows. */
export function formError(error: unknown, shown: readonly string[]): string | null {
  if (!error) return null;
  if (shown.some((name) => fieldError(error, name) !== null)) return null;
  const field = error instanceof ApiError && error.field ? `${error.field}: ` : "";
  return field + explain(error);
}

/** `hours.week.mon` is about `hours`, and `desk.offer_s` about `offer_s`. */
function names(field: string, name: string): boolean {
  return field.split(/[.[\]]/).includes(name) || field === name;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?]$/.test(trimmed) ? "" : ".");
}
