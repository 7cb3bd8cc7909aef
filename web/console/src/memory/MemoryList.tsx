// What the assistant remembers of a customer: read, corrected, added to and forgotten. What somebody corrects here no message
// changes any more.
import { ActionIcon, Alert, Button, Group, Text, TextInput, Tooltip } from "@mantine/core";
import { IconCheck, IconPencil, IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import type { Memory } from "../api/types";
import { ConfirmDialog } from "../components/ConfirmDialog";
import { plain } from "../components/people";
import { ErrorState, explain, LoadingRows } from "../components/states";
import { dateAndTime } from "../components/time";
import classes from "./Memory.module.css";
import { asText, asValue, sourceWords, useForgetEverything, useMemories, useMemoryAction } from "./memory";

const KEY_MAX_CHARS = 128;
const VALUE_MAX_CHARS = 2_000;

/** The id of what is edited; `new` for one that is added. */
type Editing = string | "new" | null;

export function MemoryList(props: { customer: string; frozen?: boolean }) {
  const memories = useMemories(props.customer);
  if (memories.isPending) return <LoadingRows rows={2} height={24} label="Loading the memories" />;
  if (memories.isError) return <ErrorState error={memories.error} retry={() => memories.refetch()} />;
  return <Listed customer={props.customer} memories={memories.data.items} frozen={props.frozen ?? false} />;
}

function Listed(props: { customer: string; memories: Memory[]; frozen: boolean }) {
  const { customer, memories, frozen } = props;
  const [editing, setEditing] = useState<Editing>(null);
  const action = useMemoryAction(customer, () => setEditing(null));
  return (
    <>
      {action.isError && (
        <Alert color="red" variant="light" role="alert">
          {explain(action.error)}
        </Alert>
      )}
      {memories.length === 0 && editing !== "new" && (
        <Text size="sm" c="dimmed">
          Nothing is remembered yet
        </Text>
      )}
      {memories.map((memory) =>
        editing === memory.id ? (
          <Editor
            key={memory.id}
            name={plain(memory.key)}
            value={asText(memory.value)}
            busy={action.isPending}
            save={(_, text) =>
              action.mutate({ kind: "change", id: memory.id, value: asValue(text, memory.value) })
            }
            cancel={() => setEditing(null)}
          />
        ) : (
          <Row
            key={memory.id}
            memory={memory}
            frozen={frozen}
            edit={() => setEditing(memory.id)}
            forget={() => action.mutate({ kind: "forget", id: memory.id })}
          />
        ),
      )}
      {editing === "new" && (
        <Editor
          name={null}
          value=""
          busy={action.isPending}
          save={(key, text) => action.mutate({ kind: "add", key, value: text })}
          cancel={() => setEditing(null)}
        />
      )}
      {!frozen && editing !== "new" && (
        <Actions customer={customer} any={memories.length > 0} add={() => setEditing("new")} />
      )}
    </>
  );
}

function Row(props: { memory: Memory; frozen: boolean; edit: () => void; forget: () => void }) {
  const { memory } = props;
  const name = plain(memory.key);
  return (
    <div className={classes.row}>
      <span className={classes.term}>{name}</span>
      <Tooltip
        label={`${sourceWords(memory)}, ${dateAndTime(memory.updated_at)}`}
        events={{ hover: true, focus: true, touch: true }}
      >
        <span className={classes.value}>{memory.text}</span>
      </Tooltip>
      {!props.frozen && (
        <Group gap={0} wrap="nowrap">
          <ActionIcon
            variant="subtle"
            color="gray"
            size={24}
            aria-label={`Change ${name}`}
            onClick={props.edit}
          >
            <IconPencil size={14} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={24}
            aria-label={`Forget ${name}`}
            onClick={props.forget}
          >
            <IconTrash size={14} />
          </ActionIcon>
        </Group>
      )}
    </div>
  );
}

function Actions(props: { customer: string; any: boolean; add: () => void }) {
  const [asking, setAsking] = useState(false);
  const forget = useForgetEverything(props.customer);
  return (
    <Group gap="xs">
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={props.add}
      >
        Add a memory
      </Button>
      {props.any && (
        <Button variant="subtle" color="gray" size="compact-sm" onClick={() => setAsking(true)}>
          Forget everything…
        </Button>
      )}
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title="Forget everything about this customer?"
        confirm="Forget everything"
        danger
        action={forget}
      >
        <Text size="sm">
          The assistant will not know them in the next conversation. What was written in conversations stays,
          and the audit log says who did this.
        </Text>
      </ConfirmDialog>
    </Group>
  );
}

function Editor(props: {
  /** What is edited; nothing when it is new and has to be named. */
  name: string | null;
  value: string;
  busy: boolean;
  save: (key: string, value: string) => void;
  cancel: () => void;
}) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState(props.value);
  const isNew = props.name === null;
  function submit(event: FormEvent) {
    event.preventDefault();
    if ((!isNew || key.trim()) && value.trim()) props.save(key.trim(), value.trim());
  }
  return (
    <form onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && props.cancel()}>
      <Group gap={4} wrap="nowrap">
        {isNew && (
          <TextInput
            size="xs"
            aria-label="What the memory is about"
            placeholder="About"
            maxLength={KEY_MAX_CHARS}
            autoFocus
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
        )}
        <TextInput
          size="xs"
          flex={1}
          aria-label={props.name ?? "What is to be remembered"}
          placeholder="Value"
          maxLength={VALUE_MAX_CHARS}
          autoFocus={!isNew}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <ActionIcon type="submit" variant="light" size={26} aria-label="Save" loading={props.busy}>
          <IconCheck size={15} />
        </ActionIcon>
        <ActionIcon variant="subtle" color="gray" size={26} aria-label="Cancel" onClick={props.cancel}>
          <IconX size={15} />
        </ActionIcon>
      </Group>
    </form>
  );
}
