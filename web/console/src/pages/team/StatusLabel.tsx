import { Group, Text } from "@mantine/core";
import {
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleMinus,
  IconCircleX,
  IconPlugConnectedX,
} from "@tabler/icons-react";
import type { Colleague } from "../../api/types";

/** A shape, a colour and a word: each alone is enough. */
export function StatusLabel(props: { agent: Colleague }) {
  const { icon: Icon, color, text } = standing(props.agent);
  return (
    <Group gap={6} wrap="nowrap">
      <Icon size={16} color={color} aria-hidden />
      <Text size="sm" style={{ whiteSpace: "nowrap" }}>
        {text}
      </Text>
    </Group>
  );
}

function standing(agent: Colleague) {
  const grey = "var(--mantine-color-dimmed)";
  if (!agent.active) return { icon: IconCircleX, color: grey, text: "Deactivated" };
  if (agent.status === "vanished") {
    return { icon: IconPlugConnectedX, color: "var(--bad)", text: "Connection lost" };
  }
  if (!agent.online) return { icon: IconCircleDashed, color: grey, text: "Offline" };
  if (agent.status === "available") {
    return { icon: IconCircleCheckFilled, color: "var(--good)", text: "Available" };
  }
  if (agent.status === "busy") return { icon: IconCircleMinus, color: "var(--warn)", text: "Busy" };
  return { icon: IconCircleDashed, color: grey, text: "Away" };
}
