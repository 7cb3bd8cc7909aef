// Rules: for which conversations which skills, priority or team are wanted. The first that fits counts.
import {
  ActionIcon,
  Button,
  Group,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { DeskSettings, Priority, RoutingRule } from "../../api/types";
import { fieldError } from "../../components/fieldErrors";
import { channelLabel, priorityLabels } from "../../components/labels";
import { Section } from "../../components/Section";
import { useTeam } from "../team/queries";
import classes from "./Settings.module.css";
import type { Edited } from "./useSection";

const RULES_MAX = 100;
const fresh: RoutingRule = {
  intent: null,
  channel: null,
  language: null,
  skills: [],
  priority: null,
  team: null,
};

export function RulesCard(props: { desk: Edited<DeskSettings> }) {
  const { desk } = props;
  const { rules } = desk.value;
  const set = (next: RoutingRule[]) => desk.change({ rules: next });
  const error = fieldError(desk.error, "rules");
  const add = rules.length < RULES_MAX && (
    <Button
      variant="subtle"
      size="compact-sm"
      leftSection={<IconPlus size={14} />}
      onClick={() => set([...rules, fresh])}
    >
      Add a rule
    </Button>
  );
  return (
    <Section title="Rules" hint="From the top: the first rule that fits a conversation counts" actions={add}>
      {error && (
        <Text size="sm" c="var(--bad)" role="alert">
          {error}
        </Text>
      )}
      {rules.length === 0 && (
        <Text size="sm" c="dimmed">
          None. Every conversation may go to everybody, with normal priority.
        </Text>
      )}
      {rules.map((rule, index) => (
        <RuleRow
          // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no name of its own; its place is what it is
          key={index}
          place={index + 1}
          last={index === rules.length - 1}
          rule={rule}
          change={(patch) => set(rules.map((one, at) => (at === index ? { ...one, ...patch } : one)))}
          remove={() => set(rules.filter((_, at) => at !== index))}
          move={(by) => set(moved(rules, index, by))}
        />
      ))}
    </Section>
  );
}

function RuleRow(props: {
  place: number;
  last: boolean;
  rule: RoutingRule;
  change: (patch: Partial<RoutingRule>) => void;
  remove: () => void;
  move: (by: -1 | 1) => void;
}) {
  const { rule, change } = props;
  const team = useTeam();
  const teams = (team.data?.teams ?? []).map((one) => ({ value: one.id, label: one.name }));
  const skills = [...new Set((team.data?.agents ?? []).flatMap((agent) => agent.skills))].sort();
  return (
    <div className={`${classes.day} ${classes.rule}`}>
      <Stack gap="xs" role="group" aria-label={`Rule ${props.place}`}>
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
          <TextInput
            label="Intent"
            placeholder="Any"
            value={rule.intent ?? ""}
            onChange={(event) => change({ intent: event.currentTarget.value.trim() || null })}
          />
          <Select
            label="Channel"
            placeholder="Any"
            clearable
            data={["web", "whatsapp", "email", "sms", "webhook"].map((value) => ({
              value,
              label: channelLabel(value),
            }))}
            value={rule.channel}
            onChange={(channel) => change({ channel })}
          />
          <TextInput
            label="Language"
            placeholder="Any, or de, en, …"
            maxLength={12}
            value={rule.language ?? ""}
            onChange={(event) => change({ language: event.currentTarget.value.trim() || null })}
          />
          <TagsInput
            label="Wants skills"
            placeholder={rule.skills.length === 0 ? "None" : undefined}
            data={skills}
            value={rule.skills}
            onChange={(next) => change({ skills: next })}
          />
          <Select
            label="Gets priority"
            data={Object.entries(priorityLabels).map(([value, label]) => ({ value, label }))}
            placeholder="As it is"
            clearable
            value={rule.priority}
            onChange={(priority) => change({ priority: priority as Priority | null })}
          />
          <Select
            label="Goes to team"
            placeholder="Everybody"
            clearable
            data={teams}
            value={rule.team}
            onChange={(next) => change({ team: next })}
          />
        </SimpleGrid>
      </Stack>
      <Group gap={2} mt={22} wrap="nowrap">
        <Action label={`Rule ${props.place}: up`} disabled={props.place === 1} onClick={() => props.move(-1)}>
          <IconArrowUp size={16} />
        </Action>
        <Action label={`Rule ${props.place}: down`} disabled={props.last} onClick={() => props.move(1)}>
          <IconArrowDown size={16} />
        </Action>
        <Action label={`Rule ${props.place}: remove`} onClick={props.remove}>
          <IconTrash size={16} />
        </Action>
      </Group>
    </div>
  );
}

function Action(props: { label: string; disabled?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        disabled={props.disabled}
        bg={props.disabled ? "transparent" : undefined}
        aria-label={props.label}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}

function moved(rules: RoutingRule[], index: number, by: -1 | 1): RoutingRule[] {
  const next = [...rules];
  const [rule] = next.splice(index, 1);
  if (rule) next.splice(index + by, 0, rule);
  return next;
}
