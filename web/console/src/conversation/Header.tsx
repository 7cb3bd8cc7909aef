import { ActionIcon, Avatar, Badge, Button, Group, Menu, Text, Tooltip } from "@mantine/core";
import {
  IconArrowLeft,
  IconArrowsExchange,
  IconCheck,
  IconDots,
  IconFileText,
  IconInbox,
  IconLayoutSidebarRight,
  IconPlayerPause,
  IconPlayerPlay,
  IconSparkles,
} from "@tabler/icons-react";
import { Link } from "wouter";
import type { Summary, Viewer } from "../api/types";
import { ChannelIcon } from "../components/ChannelIcon";
import { customerName, ownerText } from "../components/people";
import { TargetChip } from "../components/TargetChip";
import { useNow } from "../components/useNow";
import classes from "./Conversation.module.css";
import { type Actions, togglePanel } from "./useActions";
import type { OpenConversation } from "./useConversation";

export function Header(props: { open: OpenConversation; summary: Summary; actions: Actions }) {
  const { summary, actions, open } = props;
  const now = useNow(1_000);
  return (
    <header className={classes.header}>
      <Link href="/inbox" className={classes.back} aria-label="Back to the list">
        <IconArrowLeft size={18} />
      </Link>
      <Avatar name={customerName(summary.customer)} color="accent" size={34} radius="xl" aria-hidden />
      <div className={classes.title}>
        <Group gap={6} wrap="nowrap">
          <Text component="h2" fw={600} size="md" truncate>
            {customerName(summary.customer)}
          </Text>
          <ChannelIcon channel={summary.channel} size={15} />
        </Group>
        <Text size="xs" c="dimmed" truncate>
          {open.mine ? "Yours" : ownerText(summary)}
          {summary.owner === "queue" && summary.place ? `, place ${summary.place}` : ""}
        </Text>
      </div>
      <Viewers viewers={open.viewers} />
      {summary.held && (
        <Badge color="gray" leftSection={<IconPlayerPause size={11} aria-hidden />}>
          On hold
        </Badge>
      )}
      <span className={classes.chip}>
        {summary.owner !== "closed" && <TargetChip targets={summary.targets} now={now} />}
      </span>
      <Buttons actions={actions} held={summary.held} />
    </header>
  );
}

function Buttons(props: { actions: Actions; held: boolean }) {
  const { actions, held } = props;
  return (
    <Group gap={6} wrap="nowrap">
      {actions.take && (
        <Button size="xs" onClick={actions.take}>
          {actions.takeLabel}
        </Button>
      )}
      {actions.transfer && (
        <Button
          size="xs"
          variant="default"
          aria-label="Transfer"
          leftSection={<IconArrowsExchange size={15} aria-hidden />}
          classNames={{ section: classes.icon, label: classes.wide }}
          onClick={actions.transfer}
        >
          Transfer
        </Button>
      )}
      {actions.close && (
        <Button
          size="xs"
          variant="default"
          aria-label="Close"
          leftSection={<IconCheck size={15} aria-hidden />}
          classNames={{ section: classes.icon, label: classes.wide }}
          onClick={actions.close}
        >
          Close
        </Button>
      )}
      <Menu position="bottom-end" width={240} returnFocus>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label="More actions">
            <IconDots size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {actions.hold && (
            <Menu.Item
              leftSection={held ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
              onClick={actions.hold}
            >
              {held ? "Take off hold" : "Hold"}
            </Menu.Item>
          )}
          {actions.handBack && (
            <Menu.Item leftSection={<IconSparkles size={16} />} onClick={actions.handBack}>
              Hand back to the assistant
            </Menu.Item>
          )}
          {actions.giveBack && (
            <Menu.Item leftSection={<IconInbox size={16} />} onClick={actions.giveBack}>
              Return to the queue
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconFileText size={16} />} onClick={actions.summarize}>
            Summarize
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Tooltip label="Side panel">
        <ActionIcon
          variant="subtle"
          color="gray"
          size={30}
          aria-label="Show or hide the side panel"
          onClick={togglePanel}
        >
          <IconLayoutSidebarRight size={18} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

function Viewers(props: { viewers: Viewer[] }) {
  // Two tabs of one person are one person.
  const viewers = [...new Map(props.viewers.map((viewer) => [viewer.id, viewer])).values()];
  if (viewers.length === 0) return null;
  const names = viewers.map((viewer) => viewer.name + (viewer.typing ? " (typing)" : "")).join(", ");
  return (
    <Tooltip label={`Also here: ${names}`}>
      <Avatar.Group spacing={8} role="img" aria-label={`Also here: ${names}`} tabIndex={0}>
        {viewers.slice(0, 3).map((viewer) => (
          <Avatar key={viewer.id} name={viewer.name} size={26} radius="xl" color="gray" />
        ))}
        {viewers.length > 3 && <Avatar size={26}>+{viewers.length - 3}</Avatar>}
      </Avatar.Group>
    </Tooltip>
  );
}
