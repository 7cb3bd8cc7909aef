import { describe, expect, it } from "vitest";
import { pauseMs } from "../live/connection";
import { lookOf } from "../options";
import { isRightToLeft, textsOf } from "../text";
import { luminance, readableOn } from "./color";
import { parts } from "./links";

const hrefs = (text: string) => parts(text).flatMap((part) => part.href ?? []);

describe("links", () => {
  it("are of http and https alone", () => {
    expect(hrefs("see https://shop.example/a?b=1 and http://x.example.")).toEqual([
      "https://shop.example/a?b=1",
      "http://x.example/",
    ]);
    expect(hrefs("javascript:alert(1) data:text/html,x ftp://x.example mailto:a@b.example")).toEqual([]);
    expect(hrefs("https://")).toEqual([]);
  });

  it("end where the sentence goes on, and lose nothing of the text", () => {
    for (const text of ["(https://x.example/a_(b)), yes!", "a <https://x.example> b", "nothing", ""]) {
      expect(
        parts(text)
          .map((part) => part.text)
          .join(""),
      ).toBe(text);
    }
    expect(hrefs("(https://x.example/a_(b)), yes!")).toEqual(["https://x.example/a_(b)"]);
  });
});

describe("the theme colour", () => {
  it("always has text on it that can be read", () => {
    for (let red = 0; red < 256; red += 15)
      for (let green = 0; green < 256; green += 15)
        for (let blue = 0; blue < 256; blue += 15) {
          const color = `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
          const [one, two] = [luminance(color), luminance(readableOn(color))];
          expect((Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05), color).toBeGreaterThanOrEqual(
            4.5,
          );
        }
    expect([readableOn("#ff0"), readableOn("#1c7ed6"), readableOn("#000")]).toEqual(["#000", "#000", "#fff"]);
  });
});

describe("the options", () => {
  it("take what can be used and nothing else", () => {
    expect(lookOf({ color: "red; background: url(x)", position: "top", title: " ", greeting: 5 })).toEqual(
      {},
    );
    expect(lookOf({ color: "#1C7ED6", position: "left", title: "Help", theme: "dark" })).toEqual({
      color: "#1C7ED6",
      position: "left",
      title: "Help",
      theme: "dark",
    });
  });
});

describe("the languages", () => {
  it("all say everything", () => {
    const names = Object.keys(textsOf("en").texts);
    for (const tag of ["de-AT", "es", "fr_CA"]) {
      const { texts, language } = textsOf(tag);
      expect(tag.startsWith(language)).toBe(true);
      expect(Object.keys(texts)).toEqual(names);
    }
    expect(textsOf("ar-EG").language).toBe("en");
    expect([isRightToLeft("ar-EG"), isRightToLeft("en")]).toEqual([true, false]);
  });
});

describe("the pause before coming back", () => {
  it("grows, is random, and has an end", () => {
    expect([pauseMs(1, 0), pauseMs(1, 1), pauseMs(4, 1), pauseMs(50, 1)]).toEqual([250, 500, 4000, 30000]);
  });
});
