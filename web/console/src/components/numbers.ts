// A number while it is typed: not a number as long as nothing stands there, so that it can be emptied and typed anew.

export const numberOf = (typed: number | string): number => (typeof typed === "number" ? typed : Number.NaN);

export const shownNumber = (number: number): number | "" => (Number.isNaN(number) ? "" : number);
