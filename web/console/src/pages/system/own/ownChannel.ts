// An organization's own channel as it is typed, and how it stands. Pure.
import type { OwnChannel, OwnChannelWanted } from "../../../api/channels";
import type { ChannelState } from "../../../api/types";
import { urlProblem } from "../../../components/addresses";

export const NAME_MAX_CHARS = 200;

export interface TypedChannel {
  name: string;
  reply_url: string;
}

export type Field = "name" | "reply_url";

export const newChannel: TypedChannel = { name: "", reply_url: "" };

export const typedChannel = ({ name, reply_url }: OwnChannel): TypedChannel => ({ name, reply_url });

export function problemsOf(typed: TypedChannel): Record<Field, string | null> {
  return { name: nameProblem(typed.name.trim()), reply_url: urlProblem(typed.reply_url.trim()) };
}

function nameProblem(name: string): string | null {
  if (!name) return "Enter what people call it.";
  return [...name].length > NAME_MAX_CHARS ? `At most ${NAME_MAX_CHARS} characters.` : null;
}

export const wantedOf = (typed: TypedChannel): OwnChannelWanted => ({
  name: typed.name.trim(),
  reply_url: typed.reply_url.trim(),
});

/** What was really changed, so that nothing that somebody else changed meanwhile is written over; null for nothing. */
export function changesOf(typed: TypedChannel, from: TypedChannel): Partial<OwnChannelWanted> | null {
  const [wanted, was] = [wantedOf(typed), wantedOf(from)];
  const name = wanted.name === was.name ? {} : { name: wanted.name };
  const reply_url = wanted.reply_url === was.reply_url ? {} : { reply_url: wanted.reply_url };
  const changes = { ...name, ...reply_url };
  return Object.keys(changes).length > 0 ? changes : null;
}

/** The whole address at which its system brings messages. */
export const inboundUrl = (channel: OwnChannel, origin: string): string => origin + channel.inbound_path;

/** How the way to its system does; null while nothing was sent. */
export const stateOf = (channel: OwnChannel, states: ChannelState[]): ChannelState | null =>
  states.find(
    (state) => state.channel === "webhook" && state.account === channel.id && state.way === "out",
  ) ?? null;

/** What an account is called: an organization's own channels have names of their own. */
export function accountName(account: string | null, own: OwnChannel[]): string {
  return own.find((channel) => channel.id === account)?.name ?? account ?? "(nobody known)";
}
