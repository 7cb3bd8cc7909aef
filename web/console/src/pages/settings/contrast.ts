// Contrast as WCAG 2.2 defines it, for the colour that an organization chooses for its widget.

/** Between 1 and 21; null when either is no `#rrggbb`. */
export function contrast(a: string, b: string): number | null {
  const [one, two] = [luminance(a), luminance(b)];
  if (one === null || two === null) return null;
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}

/** White or black, whichever is read more easily on this colour. One of them always has a contrast above 4.5. */
export function textOn(color: string): "#ffffff" | "#000000" {
  return (contrast(color, "#ffffff") ?? 21) >= (contrast(color, "#000000") ?? 0) ? "#ffffff" : "#000000";
}

function luminance(color: string): number | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (!match) return null;
  const [red, green, blue] = match.slice(1).map((hex) => {
    const share = Number.parseInt(hex, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}
