// What is delivered to a target outside, a webhook or a channel's account, and how it stands in words. Pure.
import type { Attempt, Delivery, DeliveryState } from "../../api/webhooks";
import { words } from "../labels";
import { duration } from "../time";

/** How far the server counts. */
const COUNTED_MAX = 100_000;

/** Who is delivered to. */
export interface DeliveryTarget {
  /** Its routes. */
  path: string;
  /** What is asked of the server about it and its like, so that it is asked again after a change. */
  key: string[];
  /** What people call it. */
  name: string;
  /** Whether anything is sent to it. */
  enabled: boolean;
  waiting: number;
  parked: number;
  words: TargetWords;
}

/** What differs between kinds of targets. */
export interface TargetWords {
  hints: Record<DeliveryState, string>;
  /** Where nothing was delivered yet. */
  none: string;
  /** A try that was not answered. */
  failed: string;
  /** What the replay of everything does. */
  replay: string;
}

/** "12", and "100,000+" where the server counts no further. */
export const counted = (number: number): string =>
  `${Math.min(number, COUNTED_MAX).toLocaleString()}${number >= COUNTED_MAX ? "+" : ""}`;

/** "1 delivery", "12 deliveries". */
export const deliveries = (number: number): string =>
  `${counted(number)} ${number === 1 ? "delivery" : "deliveries"}`;

/** What an administrator most likely comes for. */
export function firstState(target: Pick<DeliveryTarget, "waiting" | "parked">): DeliveryState {
  if (target.parked > 0) return "parked";
  return target.waiting > 0 ? "waiting" : "finished";
}

export const STATES: { value: DeliveryState; label: string }[] = [
  { value: "waiting", label: "Waiting" },
  { value: "parked", label: "Parked" },
  { value: "finished", label: "Finished" },
];

export const stateLabel = (state: DeliveryState): string =>
  STATES.find(({ value }) => value === state)?.label ?? words(state);

export const stateOf = (text: string | undefined): DeliveryState | null =>
  STATES.find((state) => state.value === text)?.value ?? null;

const PARKED: Record<string, string> = {
  refused: "Refused on every try",
  too_old: "Older than three days and still not taken",
  impossible: "Can never be delivered",
};
export const parkedWord = (why: string): string => PARKED[why] ?? words(why);

/** When a delivery is tried next, as far as it is known. */
export function nextTry(delivery: Delivery, isEnabled: boolean, now: number): string {
  if (!isEnabled) return "When it is switched on";
  if (delivery.next_attempt_at) {
    const left = Date.parse(delivery.next_attempt_at) - now;
    return left > 0 ? `Next try in ${duration(left)}` : "Next try now";
  }
  return delivery.attempts === 0 ? "In its turn" : "When the receiver works again";
}

/** "Status 422", or another word where nothing has a status; why stands in the text. */
export const answerWord = ({ status }: Attempt, without = "No answer"): string =>
  status === null ? without : `Status ${status}`;

/** "24 ms", "3.2 s". */
export const took = ({ took_ms }: Attempt): string =>
  took_ms < 1000
    ? `${took_ms} ms`
    : `${(took_ms / 1000).toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;

/** "1 try", "3 tries". */
export const tries = (number: number): string =>
  `${number.toLocaleString()} ${number === 1 ? "try" : "tries"}`;
