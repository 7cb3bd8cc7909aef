import { ActionIcon, Button, Group, Input, PasswordInput, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { TypedHeader } from "./tool";

const HEADERS_MAX = 16;

/** What is sent along, such as a key. Values go in and never come out. */
export function HeaderRows(props: {
  headers: TypedHeader[];
  error: string | null;
  change: (headers: TypedHeader[]) => void;
}) {
  const { headers, change } = props;
  const set = (at: number, patch: Partial<TypedHeader>) =>
    change(headers.map((header, index) => (index === at ? { ...header, ...patch } : header)));
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
      <Group justify="space-between" mb={6}>
        <Input.Label component="legend">Headers</Input.Label>
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconPlus size={12} />}
          disabled={headers.length >= HEADERS_MAX}
          onClick={() => change([...headers, { name: "", value: "", stored: false }])}
        >
          Add a header
        </Button>
      </Group>
      <Stack gap="xs">
        {headers.length === 0 && <Input.Description>None, such as a key of the service.</Input.Description>}
        {headers.map((header, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row has no identity but its place
          <Group key={at} gap="xs" wrap="nowrap">
            <TextInput
              aria-label={`Name of header ${at + 1}`}
              placeholder="X-Api-Key"
              w={200}
              readOnly={header.stored}
              variant={header.stored ? "filled" : "default"}
              value={header.name}
              onChange={(event) => set(at, { name: event.currentTarget.value })}
            />
            <PasswordInput
              aria-label={`Value of header ${header.name || at + 1}`}
              placeholder={header.stored ? "Stored. Type another one to replace it" : "Value"}
              autoComplete="off"
              style={{ flex: 1 }}
              value={header.value}
              onChange={(event) => set(at, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove header ${header.name || at + 1}`}
              onClick={() => change(headers.filter((_, index) => index !== at))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
        {props.error && <Input.Error role="alert">{props.error}</Input.Error>}
      </Stack>
    </fieldset>
  );
}
