// Finds the links in a text that somebody wrote. Only http and https become links; all else stays text.

export interface Part {
  text: string;
  href: string | null;
}

const ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;
/** Belongs to the sentence rather than to the address. */
const TAIL = /[.,;:!?)\]}»”’]+$/;

export function linkParts(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!isSafe(address)) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index), href: null });
    parts.push({ text: address, href: address });
    at = match.index + address.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), href: null });
  return parts;
}

/** A closing bracket that was opened within the address is a part of it. */
function trimmed(address: string): string {
  const cut = address.replace(TAIL, "");
  return cut.includes("(") && address.startsWith(`${cut})`) ? `${cut})` : cut;
}

function isSafe(address: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}
