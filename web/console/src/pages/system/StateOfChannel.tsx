import { IconAlertTriangle, IconCircleCheckFilled } from "@tabler/icons-react";
import type { ChannelState } from "../../api/types";
import { words } from "../../components/labels";

export const isAiling = ({ state }: ChannelState): boolean => state === "failing" || state === "blocked";

/** Whether somebody has to look: it does not work, or fails and works by turns. */
export const needsSomebody = (channel: ChannelState): boolean =>
  isAiling(channel) || channel.alerted_at !== null;

export function StateOfChannel(props: { channel: ChannelState }) {
  const { state, failures } = props.channel;
  return (
    <span style={{ display: "inline-flex", gap: 5, alignItems: "center" }}>
      {isAiling(props.channel) && <IconAlertTriangle size={15} color="var(--bad)" aria-hidden />}
      {state === "working" && <IconCircleCheckFilled size={15} color="var(--good)" aria-hidden />}
      {words(state)}
      {failures > 1 && `, ${failures} times`}
    </span>
  );
}
