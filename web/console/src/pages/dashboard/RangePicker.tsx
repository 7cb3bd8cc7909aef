import { Button, Divider, Group, Popover, Stack, Text, TextInput } from "@mantine/core";
import { IconCalendar, IconChevronDown } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import classes from "./Dashboard.module.css";
import type { Choice } from "./queries";
import { formatDay, type Preset, presets, type Range, rangeProblem } from "./range";

/** Presets first, any two days below them. */
export function RangePicker(props: {
  choice: Choice;
  choose: (next: Preset | Range) => void;
  today: string;
}) {
  const { choice } = props;
  const [opened, setOpened] = useState(false);
  const name = presets.find((preset) => preset.value === choice.preset)?.label;
  const take = (next: Preset | Range) => {
    props.choose(next);
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus withRoles>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconCalendar size={16} />}
          rightSection={<IconChevronDown size={14} />}
          onClick={() => setOpened(!opened)}
        >
          {name ?? `${formatDay(choice.range.from)} – ${formatDay(choice.range.to)}`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="xs" aria-label="Choose the days">
        <Stack gap={2}>
          {presets.map((preset) => (
            <button
              key={preset.value}
              type="button"
              className={classes.preset}
              aria-pressed={preset.value === choice.preset}
              onClick={() => take(preset.value)}
            >
              {preset.label}
            </button>
          ))}
        </Stack>
        <Divider my="xs" />
        <OwnRange range={choice.range} today={props.today} choose={take} />
      </Popover.Dropdown>
    </Popover>
  );
}

function OwnRange(props: { range: Range; today: string; choose: (range: Range) => void }) {
  const [range, setRange] = useState(props.range);
  const problem = rangeProblem(range);
  function submit(event: FormEvent) {
    event.preventDefault();
    if (!problem) props.choose(range);
  }
  return (
    <form onSubmit={submit}>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        {(["from", "to"] as const).map((end) => (
          <TextInput
            key={end}
            type="date"
            w={140}
            label={end === "from" ? "First day" : "Last day"}
            max={props.today}
            value={range[end]}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setRange((now) => ({ ...now, [end]: value }));
            }}
          />
        ))}
        <Button type="submit" variant="default" disabled={problem !== null}>
          Show
        </Button>
      </Group>
      {problem && (
        <Text size="xs" c="var(--bad)" mt={6} role="status">
          {problem}
        </Text>
      )}
    </form>
  );
}
