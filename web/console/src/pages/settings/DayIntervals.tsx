// The open intervals of one day, each with its mistake beneath it.
import { ActionIcon, Group, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";
import type { Interval } from "../../api/types";
import { Chip } from "../../components/Chip";
import { intervalProblems, nextInterval, sortIntervals, tidyTime } from "./hours";
import classes from "./Settings.module.css";

export function DayIntervals(props: {
  label: string;
  intervals: Interval[];
  change: (intervals: Interval[]) => void;
}) {
  const { intervals, change, label } = props;
  const problems = intervalProblems(intervals);
  const next = nextInterval(intervals);
  const add = next && (
    <Tooltip label={intervals.length === 0 ? "Open on this day" : "Add another interval"}>
      <ActionIcon
        variant="subtle"
        size={32}
        aria-label={`${label}: add an interval`}
        onClick={() => change(sortIntervals([...intervals, next]))}
      >
        <IconPlus size={16} />
      </ActionIcon>
    </Tooltip>
  );
  if (intervals.length === 0) {
    return (
      <Group gap="xs" mih={34}>
        <Chip>Closed</Chip>
        {add}
      </Group>
    );
  }
  return (
    <Stack gap={6}>
      {intervals.map((interval, index) => (
        <IntervalRow
          // biome-ignore lint/suspicious/noArrayIndexKey: times change while typed and may be the same; the place is what stays
          key={index}
          label={intervals.length > 1 ? `${label}, interval ${index + 1}` : label}
          interval={interval}
          problem={problems[index] ?? null}
          change={(changed) => change(intervals.map((one, at) => (at === index ? changed : one)))}
          remove={() => change(intervals.filter((_, at) => at !== index))}
          add={index === intervals.length - 1 ? add : null}
        />
      ))}
    </Stack>
  );
}

function IntervalRow(props: {
  label: string;
  interval: Interval;
  problem: string | null;
  change: (interval: Interval) => void;
  remove: () => void;
  add: ReactNode;
}) {
  const [start, end] = props.interval;
  const problemId = useId();
  const common = {
    className: classes.time,
    maxLength: 5,
    placeholder: "00:00",
    inputMode: "numeric" as const,
    error: props.problem !== null,
    "aria-describedby": props.problem ? problemId : undefined,
  };
  return (
    <div>
      <Group gap={8} wrap="nowrap">
        <TextInput
          {...common}
          aria-label={`${props.label}: opens`}
          value={start}
          onChange={(event) => props.change([event.currentTarget.value, end])}
          onBlur={() => props.change([tidyTime(start), end])}
        />
        <Text size="sm" c="dimmed" component="span">
          to
        </Text>
        <TextInput
          {...common}
          aria-label={`${props.label}: closes`}
          value={end}
          onChange={(event) => props.change([start, event.currentTarget.value])}
          onBlur={() => props.change([start, tidyTime(end)])}
        />
        <Tooltip label="Remove">
          <ActionIcon
            variant="subtle"
            color="gray"
            size={32}
            aria-label={`${props.label}: remove`}
            onClick={props.remove}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
        {props.add}
      </Group>
      {props.problem && (
        <Text size="xs" c="var(--bad)" id={problemId} mt={4} role="status">
          {props.problem}
        </Text>
      )}
    </div>
  );
}
