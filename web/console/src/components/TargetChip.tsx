import { Badge, Tooltip } from "@mantine/core";
import { IconAlarm, IconAlertTriangle, IconClock, IconPlayerPause } from "@tabler/icons-react";
import type { Target } from "../api/types";
import { targetWord } from "./people";
import { dateAndTime, targetText } from "./time";

const LOOKS = {
  running: { color: "gray", icon: IconClock },
  paused: { color: "gray", icon: IconPlayerPause },
  warned: { color: "orange", icon: IconAlarm },
  breached: { color: "red", icon: IconAlertTriangle },
} as const;

/** The most pressing target: colour, icon and words say the same. */
export function TargetChip(props: { targets: Target[]; now: number; long?: boolean }) {
  const target = pressing(props.targets);
  if (!target) return null;
  const state = stateAt(target, props.now);
  const { color, icon: Icon } = LOOKS[state];
  const text = targetText(state, target.due_at, props.now);
  return (
    <Tooltip label={`${targetWord(target.target)} due ${dateAndTime(target.due_at)}`}>
      <Badge color={color} leftSection={<Icon size={12} aria-hidden />} style={{ flex: "none" }}>
        {props.long ? `${targetWord(target.target)}: ${text}` : text}
      </Badge>
    </Tooltip>
  );
}

/** The clock passes the time before the server's word arrives. */
function stateAt(target: Target, now: number): Target["state"] {
  return target.state !== "paused" && Date.parse(target.due_at) < now ? "breached" : target.state;
}

export function pressing(targets: Target[]): Target | undefined {
  const rank = { breached: 0, warned: 1, running: 2, paused: 3 };
  return [...targets].sort((a, b) => rank[a.state] - rank[b.state] || a.due_at.localeCompare(b.due_at))[0];
}
