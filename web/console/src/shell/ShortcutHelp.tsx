import { Group, Kbd, Modal, Stack, Switch, Text, Title } from "@mantine/core";
import { useState } from "react";
import { type Command, useAllCommands, useCommands } from "./commands";
import { setPrefs, usePrefs } from "./prefs";

const ALWAYS = [
  { label: "Find or do something", keys: "Ctrl K" },
  { label: "Send what is written", keys: "Enter" },
  { label: "New line", keys: "Shift Enter" },
  { label: "Leave the composer", keys: "Esc" },
];

const GROUPS: Command["group"][] = ["Conversation", "Lists", "Offers", "Go to", "General"];

/** `?` shows what the keyboard can do on this page. */
export function ShortcutHelp() {
  const [opened, setOpened] = useState(false);
  const { letters } = usePrefs();
  const commands = useAllCommands().filter((command) => command.key);
  useCommands([
    { id: "help", label: "Keyboard shortcuts", group: "General", key: "?", run: () => setOpened(true) },
  ]);
  const groups = GROUPS.filter((group) => commands.some((command) => command.group === group));
  return (
    <Modal opened={opened} onClose={() => setOpened(false)} title="Keyboard shortcuts" size="md">
      <Stack gap="lg">
        {groups.map((group) => (
          <Stack key={group} gap={6}>
            <Title order={3}>{group}</Title>
            {commands
              .filter((command) => command.group === group)
              .map((command) => (
                <Shortcut key={command.id} label={command.label} keys={command.key ?? ""} />
              ))}
          </Stack>
        ))}
        <Stack gap={6}>
          <Title order={3}>Always</Title>
          {ALWAYS.map((one) => (
            <Shortcut key={one.keys} {...one} />
          ))}
        </Stack>
        <Switch
          label="Single-letter shortcuts"
          description="Turn them off if you dictate, or press keys by accident."
          checked={letters}
          onChange={(event) => setPrefs({ letters: event.currentTarget.checked })}
        />
      </Stack>
    </Modal>
  );
}

function Shortcut(props: { label: string; keys: string }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm">{props.label}</Text>
      <Kbd>{props.keys}</Kbd>
    </Group>
  );
}
