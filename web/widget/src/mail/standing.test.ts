import { describe, expect, it } from "vitest";
import { NOTHING, refusal, standingOf, stepOf } from "./standing";
import { mailTexts } from "./texts";

describe("how replies by e-mail stand", () => {
  const jo = "jo@example.test";

  it("is read as the server says it, and nothing is made of what it does not say", () => {
    const sent = { offered: true, asked: { address: jo, until: "…" }, proven: null };
    expect(standingOf(sent)).toEqual({ offered: true, asked: { address: jo }, proven: null });
    expect(standingOf({ offered: false, asked: null, proven: { address: jo } })).toEqual({
      offered: false,
      asked: null,
      proven: { address: jo },
    });
    for (const bad of [null, 7, "x", {}, { asked: 3, proven: { address: 4 } }])
      expect(standingOf(bad)).toEqual(NOTHING);
  });

  it("shows one step: the code that is waited for, else what is known, else the address", () => {
    const asked = { address: jo };
    expect(stepOf(NOTHING)).toBe("address");
    expect(stepOf({ ...NOTHING, asked })).toBe("code");
    expect(stepOf({ ...NOTHING, asked, proven: { address: "ann@example.test" } })).toBe("code");
    expect(stepOf({ ...NOTHING, proven: { address: jo } })).toBe("proven");
  });

  it("says what was refused in the customer's words", () => {
    const { texts } = mailTexts("de-AT");
    expect(refusal(400, "code", texts)).toBe(texts.wrongCode);
    expect(refusal(400, "address", texts)).toBe(texts.wrongAddress);
    expect(refusal(429, "address", texts)).toBe(texts.tooOften);
    expect(refusal(503, "code", texts)).toBe(texts.failed);
    expect(mailTexts("xx").texts).toBe(mailTexts("en").texts);
  });
});
