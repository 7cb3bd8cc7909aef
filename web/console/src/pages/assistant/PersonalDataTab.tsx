import { ActionIcon, Button, Checkbox, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { AssistantSettings, PiiPattern } from "../../api/assistant";
import { fieldError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import type { Edited } from "../settings/useSection";
import { type PiiChoice, patternProblem, piiGroups } from "./guardrails";

const PATTERNS_MAX = 10;
const NAME_MAX_CHARS = 20;
const PATTERN_MAX_CHARS = 200;

/** What of a customer's words no model reads. */
export function PersonalDataTab(props: { assistant: Edited<AssistantSettings> }) {
  const { assistant } = props;
  const chosen = new Set(assistant.value.pii);
  const error = fieldError(assistant.error, "pii");
  return (
    <Stack>
      <Section
        title="Kept from models"
        hint="Replaced by a token before any model or embedding server reads it, and put back in what people read"
      >
        <Checkbox.Group
          aria-label="Kinds of values"
          value={assistant.value.pii}
          error={error}
          onChange={(kinds) => assistant.change({ pii: kinds })}
        >
          <Stack gap="md">
            {piiGroups.map((group) => (
              <Kinds key={group.label} label={group.label} kinds={group.kinds} />
            ))}
          </Stack>
        </Checkbox.Group>
        {chosen.size === 0 && (
          <Text size="sm" c="var(--warn)" mt="sm" role="status">
            Nothing is chosen: models read everything that customers write.
          </Text>
        )}
      </Section>
      <Patterns assistant={assistant} />
    </Stack>
  );
}

function Kinds(props: { label: string; kinds: PiiChoice[] }) {
  return (
    <div>
      <Text size="sm" fw={600} mb={6}>
        {props.label}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="xs" verticalSpacing={8}>
        {props.kinds.map((kind) => (
          <Checkbox key={kind.value} value={kind.value} label={kind.label} />
        ))}
      </SimpleGrid>
    </div>
  );
}

function Patterns(props: { assistant: Edited<AssistantSettings> }) {
  const { assistant } = props;
  const patterns = assistant.value.pii_patterns;
  const change = (next: PiiPattern[]) => assistant.change({ pii_patterns: next });
  const set = (at: number, patch: Partial<PiiPattern>) =>
    change(patterns.map((pattern, index) => (index === at ? { ...pattern, ...patch } : pattern)));
  return (
    <Section
      title="Shapes of your own"
      hint="Regular expressions for what only your organization has, such as member numbers"
      actions={
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={patterns.length >= PATTERNS_MAX}
          onClick={() => change([...patterns, { name: "", pattern: "" }])}
        >
          Add a shape
        </Button>
      }
    >
      {patterns.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet.
        </Text>
      )}
      <Stack gap="sm">
        {patterns.map((pattern, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a shape has no identity but its place
          <Group key={at} align="flex-start" wrap="nowrap" gap="sm">
            <TextInput
              label="Name"
              aria-label={`Name of shape ${at + 1}`}
              w={160}
              maxLength={NAME_MAX_CHARS}
              value={pattern.name}
              error={
                (pattern.name && patternProblem(pattern).name) ||
                fieldError(assistant.error, `pii_patterns[${at}].name`)
              }
              onChange={(event) => set(at, { name: event.currentTarget.value.toLowerCase() })}
            />
            <TextInput
              label="Regular expression"
              aria-label={`Regular expression of shape ${at + 1}`}
              placeholder="\bM-\d{4}\b"
              style={{ flex: 1 }}
              styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
              maxLength={PATTERN_MAX_CHARS}
              value={pattern.pattern}
              error={
                fieldError(assistant.error, `pii_patterns[${at}].pattern`) ??
                fieldError(assistant.error, `pii_patterns[${at}]`)
              }
              onChange={(event) => set(at, { pattern: event.currentTarget.value })}
            />
            <ActionIcon
              mt={26}
              variant="subtle"
              color="gray"
              aria-label={`Remove the shape ${pattern.name || at + 1}`}
              onClick={() => change(patterns.filter((_, index) => index !== at))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
      </Stack>
    </Section>
  );
}
