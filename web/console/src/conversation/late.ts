// What is said of a message that came long after it was written. Pure.
import { dateAndTime, timeOfDay } from "../components/time";

/** "Sent 14:05 · arrived late", with the day where it was another one; null for what came in time. */
export function lateText(message: { at: string; sent_at?: string; late?: boolean }): string | null {
  const { at, sent_at: sent, late } = message;
  if (!late || !sent) return null;
  const sameDay = new Date(sent).toDateString() === new Date(at).toDateString();
  return `Sent ${sameDay ? timeOfDay(sent) : dateAndTime(sent)} · arrived late`;
}
