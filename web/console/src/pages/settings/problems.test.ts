import { describe, expect, it } from "vitest";
import type { DeskSettings } from "../../api/types";
import { contrast, textOn } from "./contrast";
import { colorProblem, deskProblem, domainProblem, hookProblem } from "./problems";

const desk: DeskSettings = {
  policy: "least_loaded",
  hook_url: null,
  offer_s: 30,
  missed_offers_max: 2,
  grace_s: 60,
  capacity: 5,
  sticky: true,
  auto_accept: false,
  hours: null,
  targets: {
    first_response_s: 300,
    next_response_s: null,
    resolution_s: null,
    warn_at: 0.8,
    only_in_hours: true,
  },
  rules: [],
  close_reasons: ["solved"],
  rating: "human",
  texts: {},
};

describe("a desk", () => {
  it("may be saved as it comes", () => {
    expect(deskProblem(desk)).toBeNull();
  });
  it("says on which tab something is missing", () => {
    expect(deskProblem({ ...desk, policy: "hook" })?.tab).toBe("routing");
    expect(deskProblem({ ...desk, close_reasons: [] })?.tab).toBe("closing");
    expect(deskProblem({ ...desk, targets: { ...desk.targets, next_response_s: 0 } })?.tab).toBe("targets");
    expect(deskProblem({ ...desk, offer_s: Number.NaN })?.tab).toBe("routing");
  });
});

describe("a widget", () => {
  it("takes origins, not pages", () => {
    expect(domainProblem(["https://shop.example", "http://localhost:3000"])).toBeNull();
    for (const wrong of ["shop.example", "https://shop.example/page", "javascript:alert(1)"]) {
      expect(domainProblem([wrong])).toContain(wrong);
    }
  });
  it("takes a colour of six digits", () => {
    expect(colorProblem("#1c7ed6")).toBeNull();
    expect(colorProblem("blue")).not.toBeNull();
  });
  it("writes on it in what can be read", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(textOn("#ffe066")).toBe("#000000");
    expect(textOn("#0b7080")).toBe("#ffffff");
  });
});

it("a hook is an address of the web", () => {
  expect(hookProblem("https://routing.example/choose")).toBeNull();
  for (const wrong of [null, "", "routing.example", "ftp://routing.example"])
    expect(hookProblem(wrong)).not.toBeNull();
});
