import { ActionIcon, Button, Group, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCheck, IconPencil, IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Customer } from "../api/types";
import { plain } from "../components/people";
import { explain } from "../components/states";
import { useLiveStore } from "../live/hooks";
import classes from "./SidePanel.module.css";

/** What the team knows of a customer: changed in place, kept by the server. */
export function Facts(props: { customer: Customer }) {
  const { customer } = props;
  const store = useLiveStore();
  const client = useQueryClient();
  const [editing, setEditing] = useState<string | null>(null);

  async function set(change: Record<string, string | null>) {
    try {
      const ack = await store.command("facts", { customer: customer.id, set: change });
      if (ack.customer) client.setQueryData(["customer", customer.id], ack.customer);
      else await client.invalidateQueries({ queryKey: ["customer", customer.id] });
      setEditing(null);
    } catch (error) {
      notifications.show({ color: "red", message: explain(error) });
    }
  }

  return (
    <>
      {Object.entries(customer.facts).map(([name, value]) =>
        editing === name ? (
          <Editor key={name} name={name} value={value} onSave={set} onCancel={() => setEditing(null)} />
        ) : (
          <div key={name} className={`${classes.line} ${classes.fact}`}>
            <span className={classes.term}>{plain(name)}</span>
            <span className={classes.value}>{String(value)}</span>
            <Group gap={0} wrap="nowrap">
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={`Change ${plain(name)}`}
                onClick={() => setEditing(name)}
              >
                <IconPencil size={14} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={`Remove ${plain(name)}`}
                onClick={() => set({ [name]: null })}
              >
                <IconTrash size={14} />
              </ActionIcon>
            </Group>
          </div>
        ),
      )}
      {Object.keys(customer.facts).length === 0 && editing === null && (
        <Text size="sm" c="dimmed">
          Nothing is known yet
        </Text>
      )}
      {editing === "" ? (
        <Editor name="" value="" onSave={set} onCancel={() => setEditing(null)} />
      ) : (
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => setEditing("")}
        >
          Add a fact
        </Button>
      )}
    </>
  );
}

function Editor(props: {
  name: string;
  value: string;
  onSave: (change: Record<string, string | null>) => void;
  onCancel: () => void;
}) {
  const [name, setName] = useState(props.name);
  const [value, setValue] = useState(String(props.value));
  const isNew = props.name === "";
  function submit(event: FormEvent) {
    event.preventDefault();
    const key = name.trim();
    if (key && value.trim()) props.onSave({ [key]: value.trim() });
  }
  return (
    <form onSubmit={submit}>
      <Group gap={4} wrap="nowrap">
        {isNew && (
          <TextInput
            size="xs"
            aria-label="Name of the fact"
            placeholder="Name"
            autoFocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <TextInput
          size="xs"
          flex={1}
          aria-label={isNew ? "Value" : plain(props.name)}
          placeholder="Value"
          autoFocus={!isNew}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <ActionIcon type="submit" variant="light" size={26} aria-label="Save">
          <IconCheck size={15} />
        </ActionIcon>
        <ActionIcon variant="subtle" color="gray" size={26} aria-label="Cancel" onClick={props.onCancel}>
          <IconX size={15} />
        </ActionIcon>
      </Group>
    </form>
  );
}
