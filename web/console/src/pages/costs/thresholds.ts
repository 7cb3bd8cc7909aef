// When somebody is warned, in percent of a budget, as it is typed.

/** Ascending, each once. */
export function thresholdsOf(typed: string[]): number[] {
  const numbers = typed.map((text) => Number(text.replace("%", "").trim()));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

export function thresholdProblem(typed: string[]): string | null {
  const wrong = thresholdsOf(typed).find((number) => !Number.isInteger(number) || number < 1 || number > 100);
  return wrong === undefined ? null : "Whole numbers from 1 to 100.";
}
