import { expect, test } from "vitest";
import { daysOf, forecast, formatMoney, formatMonth, formatTokens } from "./money";

test("small amounts keep the digits that tell them apart", () => {
  expect(formatMoney(0, "USD")).toBe("$0.00");
  expect(formatMoney(0.0036, "USD")).toBe("$0.0036");
  expect(formatMoney(0.00001, "USD")).toBe("< $0.0001");
  expect(formatMoney(1234.567, "USD")).toBe("$1,234.57");
});

test("tokens by the million are short", () => {
  expect(formatTokens(1234)).toBe("1,234");
  expect(formatTokens(1_234_567)).toBe("1.2M");
});

test("days without a call are days without costs", () => {
  const figures = {
    calls: 2,
    prompt_tokens: 1,
    completion_tokens: 1,
    cost_micros: 500_000,
    estimated_micros: 0,
  };
  const rows = [{ key: "2026-11-02", percentage: 100, cost: 0.5, ...figures }];
  expect(daysOf(rows, ["2026-11-01", "2026-11-02"])).toEqual([
    { day: "2026-11-01", cost: 0, calls: 0 },
    { day: "2026-11-02", cost: 0.5, calls: 2 },
  ]);
});

test("a month is foretold by its days so far, and not by its first ones", () => {
  expect(forecast(10, "2026-11", "2026-11-10")).toBe(30);
  expect(forecast(10, "2026-11", "2026-11-02")).toBeNull();
  expect(forecast(10, "2026-11", "2026-12-10")).toBeNull();
  expect(formatMonth("2026-11")).toBe("November 2026");
});
