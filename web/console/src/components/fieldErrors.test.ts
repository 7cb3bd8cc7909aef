import { describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import { fieldError, formError } from "./fieldErrors";

const refused = new ApiError(400, "invalid", "must be at least 5", "desk.offer_s");

describe("a refusal", () => {
  it("is shown at its field, also within a path", () => {
    expect(fieldError(refused, "offer_s")).toBe("Must be at least 5.");
    expect(fieldError(new ApiError(400, "invalid", "overlaps", "hours.week.mon[1]"), "hours")).toBe(
      "Overlaps.",
    );
    expect(fieldError(refused, "offer")).toBeNull();
  });
  it("is shown above the form only when no field shows it", () => {
    expect(formError(refused, ["offer_s"])).toBeNull();
    expect(formError(refused, ["grace_s"])).toBe("desk.offer_s: must be at least 5");
    expect(formError(null, [])).toBeNull();
  });
});
