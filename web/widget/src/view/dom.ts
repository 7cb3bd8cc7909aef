// Elements without markup: every text is a text node, so nothing that anybody wrote is ever read as HTML.

type Attributes = Record<string, string | boolean | EventListener | undefined>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A picture of lines on a square of 24. */
export function icon(...paths: string[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export const CHAT = ["M4 5.5h16v11H10.5L6 20v-3.5H4z", "M8 9.5h8", "M8 12.5h5"];
export const CLOSE = ["M6 6l12 12", "M18 6L6 18"];
export const SEND = ["M12 19V5", "M6 11l6-6 6 6"];
export const PERSON = ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5"];
export const CLIP = [
  "M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L13 4.3a3 3 0 0 1 4.2 4.2l-7.7 7.8a1.5 1.5 0 0 1-2.2-2.2L14 7.6",
];
export const FILE = ["M6 3h8l4 4v14H6z", "M14 3v4h4"];
export const SOUND = ["M5 9.5v5h3l4 3.5v-12l-4 3.5z", "M15.5 9.5a3.5 3.5 0 0 1 0 5", "M18 7a7 7 0 0 1 0 10"];
export const SILENT = ["M5 9.5v5h3l4 3.5v-12l-4 3.5z", "M16 10l4 4", "M20 10l-4 4"];

/** Changes a text only where it differs: screen readers announce what is set again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
