import { expect, test } from "vitest";
import { thresholdProblem, thresholdsOf } from "./thresholds";

test("thresholds are in order and each counts once", () => {
  expect(thresholdsOf(["80", "50 %", "80"])).toEqual([50, 80]);
  expect(thresholdProblem(["50", "100"])).toBeNull();
});

test("what is no percentage is named", () => {
  for (const wrong of ["0", "101", "half", "12.5"]) expect(thresholdProblem([wrong])).not.toBeNull();
});
