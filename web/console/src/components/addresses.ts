// Addresses that people type, to which this server sends something. Pure.

export const URL_MAX_BYTES = 2048;

/** What is wrong with an address; null for nothing. */
export function urlProblem(text: string): string | null {
  const example = "Enter a full address, such as https://shop.example.com/hooks.";
  if (!/^https?:\/\/\S+$/i.test(text)) return example;
  if (new TextEncoder().encode(text).length > URL_MAX_BYTES) return "This is longer than an address may be.";
  try {
    const { username, password } = new URL(text);
    return username || password ? "The address must hold no name and no password." : null;
  } catch {
    return example;
  }
}

/** Whether everybody on the way could read what is sent. */
export const isOpen = (url: string): boolean => /^http:\/\//i.test(url.trim());
