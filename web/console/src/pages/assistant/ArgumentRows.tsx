import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Input,
  Select,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { type ArgumentType, isObject, rowsOf, schemaOf, type TypedArgument, type TypedTool } from "./tool";

const ARGUMENTS_MAX = 32;
const types: { value: ArgumentType; label: string }[] = [
  { value: "string", label: "Text" },
  { value: "number", label: "Number" },
  { value: "integer", label: "Whole number" },
  { value: "boolean", label: "Yes or no" },
];

/** What a tool takes, as rows; as JSON Schema where somebody wants to say more. */
export function ArgumentRows(props: {
  typed: TypedTool;
  set: (patch: Partial<TypedTool>) => void;
  error: string | null;
}) {
  const { typed, set } = props;
  const asJson = typed.schema !== null;
  const fromJson = asJson && isObject(typed.schema ?? "") ? rowsOf(JSON.parse(typed.schema ?? "")) : null;
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
      <Group justify="space-between" mb={6}>
        <Input.Label component="legend">Arguments</Input.Label>
        <Group gap={4}>
          {!asJson && (
            <Button
              size="compact-xs"
              variant="default"
              leftSection={<IconPlus size={12} />}
              disabled={typed.arguments.length >= ARGUMENTS_MAX}
              onClick={() => set({ arguments: [...typed.arguments, noArgument] })}
            >
              Add an argument
            </Button>
          )}
          <Button
            size="compact-xs"
            variant="subtle"
            disabled={asJson && fromJson === null}
            onClick={() =>
              asJson
                ? set({ arguments: fromJson ?? [], schema: null })
                : set({ schema: JSON.stringify(schemaOf(typed.arguments), null, 2) })
            }
          >
            {asJson ? "As rows" : "As JSON Schema"}
          </Button>
        </Group>
      </Group>
      {asJson ? (
        <Textarea
          aria-label="Arguments as JSON Schema"
          autosize
          minRows={5}
          maxRows={16}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          value={typed.schema ?? ""}
          error={props.error}
          onChange={(event) => set({ schema: event.currentTarget.value })}
        />
      ) : (
        <Stack gap="xs">
          {typed.arguments.length === 0 && <Input.Description>It takes nothing.</Input.Description>}
          {typed.arguments.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row has no identity but its place
            <Row key={at} row={row} at={at} rows={typed.arguments} set={set} />
          ))}
          {props.error && <Input.Error role="alert">{props.error}</Input.Error>}
        </Stack>
      )}
    </fieldset>
  );
}

const noArgument: TypedArgument = { name: "", type: "string", description: "", required: true };

function Row(props: {
  row: TypedArgument;
  at: number;
  rows: TypedArgument[];
  set: (patch: Partial<TypedTool>) => void;
}) {
  const { row, at, rows } = props;
  const which = row.name || `argument ${at + 1}`;
  const change = (patch: Partial<TypedArgument>) =>
    props.set({ arguments: rows.map((one, index) => (index === at ? { ...one, ...patch } : one)) });
  return (
    <Group gap="xs" wrap="nowrap" align="center">
      <TextInput
        aria-label={`Name of ${which}`}
        placeholder="order"
        w={130}
        value={row.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Select
        aria-label={`Type of ${which}`}
        w={140}
        allowDeselect={false}
        data={types}
        value={row.type}
        onChange={(type) => change({ type: (type as ArgumentType | null) ?? row.type })}
      />
      <TextInput
        aria-label={`What ${which} is`}
        placeholder="The number on the invoice"
        style={{ flex: 1 }}
        value={row.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <Checkbox
        label="Required"
        aria-label={`${which} is required`}
        checked={row.required}
        onChange={(event) => change({ required: event.currentTarget.checked })}
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Remove ${which}`}
        onClick={() => props.set({ arguments: rows.filter((_, index) => index !== at) })}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  );
}
