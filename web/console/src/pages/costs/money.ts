// Amounts of money as people read them. Pure.
import type { CostRow } from "../../api/assistant";

const MICROS = 1_000_000;

/** In the currency. Single answers cost fractions of a cent, so small amounts keep more digits. */
export function formatMoney(amount: number, currency: string): string {
  const small = amount > 0 && amount < 0.1;
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: small ? 4 : 2 };
  const least = 0.0001;
  if (amount > 0 && amount < least) return `< ${money(currency, digits).format(least)}`;
  return money(currency, digits).format(amount);
}

export const ofMicros = (micros: number) => micros / MICROS;

function money(currency: string, digits: Intl.NumberFormatOptions): Intl.NumberFormat {
  try {
    return new Intl.NumberFormat(undefined, {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
      ...digits,
    });
  } catch {
    // A currency that this browser does not know: the plain number, with its code behind.
    return new Intl.NumberFormat(undefined, digits);
  }
}

/** `1,234` and `1.2 M`: tokens come by the million. */
export function formatTokens(tokens: number): string {
  if (tokens < 100_000) return tokens.toLocaleString();
  return new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 }).format(tokens);
}

/** `2026-11` as "November 2026". */
export function formatMonth(month: string): string {
  const options: Intl.DateTimeFormatOptions = { timeZone: "UTC", month: "long", year: "numeric" };
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(`${month}-01`));
}

export interface DayCost {
  day: string;
  cost: number;
  calls: number;
}

/** Every day of a range, also those on which nothing was asked. */
export function daysOf(rows: CostRow[], days: string[]): DayCost[] {
  const known = new Map(rows.map((row) => [row.key, row]));
  return days.map((day) => {
    const row = known.get(day);
    return { day, cost: row?.cost ?? 0, calls: row?.calls ?? 0 };
  });
}

/** How the month will end if it goes on as it began; null in its first days, which say nothing. */
export function forecast(spent: number, month: string, today: string): number | null {
  if (today.slice(0, 7) !== month) return null;
  const day = Number(today.slice(8, 10));
  const length = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).getUTCDate();
  return day < 3 ? null : (spent / day) * length;
}
