// Text on any theme colour: black or white, whichever is read more easily. One of them always has a contrast above 4.5.

export function readableOn(color: string): "#000" | "#fff" {
  const light = luminance(color);
  const onWhite = 1.05 / (light + 0.05);
  const onBlack = (light + 0.05) / 0.05;
  return onWhite >= onBlack ? "#fff" : "#000";
}

/** WCAG's relative luminance of `#rgb` or `#rrggbb`. */
export function luminance(color: string): number {
  const digits = color.slice(1);
  const wide = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  const part = (from: number) => {
    const value = Number.parseInt(wide.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4);
}
