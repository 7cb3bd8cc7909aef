import { Badge, Loader } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconClock } from "@tabler/icons-react";
import { STATE_WORDS } from "./states";
import type { DocumentState } from "./types";

const LOOKS = {
  waiting: { color: "gray", icon: <IconClock size={12} aria-hidden /> },
  reading: { color: "accent", icon: <Loader size={10} aria-hidden /> },
  indexing: { color: "accent", icon: <Loader size={10} aria-hidden /> },
  ready: { color: "green", icon: <IconCheck size={12} aria-hidden /> },
  error: { color: "red", icon: <IconAlertTriangle size={12} aria-hidden /> },
} as const;

/** Colour, sign and word say the same. */
export function StateChip(props: { state: DocumentState }) {
  const { color, icon } = LOOKS[props.state];
  return (
    <Badge color={color} leftSection={icon} miw="max-content">
      {STATE_WORDS[props.state]}
    </Badge>
  );
}
