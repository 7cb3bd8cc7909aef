// Addresses in a text, as the parts that are links and those that are not. Only http and https are ever links.

export type Part = { text: string; href?: string };

const ADDRESS = /https?:\/\/[^\s<>"']+/gi;

export function parts(text: string): Part[] {
  const found: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    const href = safe(address);
    if (!href) continue;
    const at = match.index ?? 0;
    if (at > from) found.push({ text: text.slice(from, at) });
    found.push({ text: address, href });
    from = at + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/** The punctuation of the sentence around it is not part of an address; a bracket is where the address opened it. */
function trimmed(address: string): string {
  let end = address.replace(/[.,;:!?…*_]+$/, "");
  while (end.endsWith(")") && end.split(")").length > end.split("(").length) end = end.slice(0, -1);
  return end;
}

/** The address as a link may have it; null for all but http and https. */
export function safe(address: string): string | null {
  try {
    const url = new URL(address);
    return (url.protocol === "http:" || url.protocol === "https:") && url.hostname ? url.href : null;
  } catch {
    return null;
  }
}
