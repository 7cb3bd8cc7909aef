// What is known about a customer: pairs of words, each changed on its own, so that two people who edit two facts do not
// overwrite each other.
import { ActionIcon, Alert, Button, Group, Text, TextInput, Tooltip } from "@mantine/core";
import { IconCheck, IconPencil, IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Customer } from "../../api/types";
import { formError } from "../../components/fieldErrors";
import { words } from "../../components/labels";
import { Section } from "../../components/Section";
import classes from "./Customer.module.css";
import { useChangeCustomer } from "./queries";

const KEY_MAX_CHARS = 64;
const VALUE_MAX_CHARS = 500;

export function FactsCard(props: { customer: Customer }) {
  const { customer } = props;
  const [editing, setEditing] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const change = useChangeCustomer(customer.id);
  const save = useMutation({
    mutationFn: (facts: Record<string, string | null>) => change({ facts }),
    onSuccess: () => {
      setEditing(null);
      setAdding(false);
    },
  });
  const facts = Object.entries(customer.facts).sort(([a], [b]) => a.localeCompare(b));
  const frozen = customer.merged_into !== null;
  const above = formError(save.error, []);

  return (
    <Section
      title="Facts"
      hint="What the team notes"
      actions={
        !adding &&
        !frozen && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={14} />}
            onClick={() => setAdding(true)}
            aria-label="Add a fact"
          >
            Add
          </Button>
        )
      }
    >
      {above && (
        <Alert color="red" variant="light" role="alert" mb="xs">
          {above}
        </Alert>
      )}
      {facts.length === 0 && !adding && (
        <Text size="sm" c="dimmed">
          Nothing is known yet.
        </Text>
      )}
      {facts.length > 0 && (
        <table className={classes.facts}>
          <tbody>
            {facts.map(([key, value]) =>
              editing === key ? (
                <tr key={key}>
                  <td colSpan={3}>
                    <ValueForm
                      name={key}
                      value={value}
                      busy={save.isPending}
                      save={(next) => save.mutate({ [key]: next })}
                      cancel={() => setEditing(null)}
                    />
                  </td>
                </tr>
              ) : (
                <tr key={key}>
                  <th scope="row" style={{ width: "38%" }}>
                    {words(key)}
                  </th>
                  <td>{value}</td>
                  <td style={{ width: 60, whiteSpace: "nowrap", textAlign: "right" }}>
                    {!frozen && (
                      <FactActions
                        name={words(key)}
                        edit={() => setEditing(key)}
                        remove={() => save.mutate({ [key]: null })}
                      />
                    )}
                  </td>
                </tr>
              ),
            )}
          </tbody>
        </table>
      )}
      {adding && (
        <NewFact
          taken={Object.keys(customer.facts)}
          busy={save.isPending}
          save={(key, value) => save.mutate({ [key]: value })}
          cancel={() => setAdding(false)}
        />
      )}
    </Section>
  );
}

function FactActions(props: { name: string; edit: () => void; remove: () => void }) {
  return (
    <>
      <Tooltip label="Edit">
        <ActionIcon variant="subtle" color="gray" onClick={props.edit} aria-label={`Edit ${props.name}`}>
          <IconPencil size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Remove">
        <ActionIcon variant="subtle" color="gray" onClick={props.remove} aria-label={`Remove ${props.name}`}>
          <IconTrash size={15} />
        </ActionIcon>
      </Tooltip>
    </>
  );
}

function ValueForm(props: {
  name: string;
  value: string;
  busy: boolean;
  save: (value: string) => void;
  cancel: () => void;
}) {
  const [value, setValue] = useState(props.value);
  function submit(event: FormEvent) {
    event.preventDefault();
    if (value.trim()) props.save(value.trim());
  }
  return (
    <form onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && props.cancel()}>
      <Group gap={4} wrap="nowrap" align="flex-end">
        <TextInput
          style={{ flex: 1 }}
          label={words(props.name)}
          value={value}
          maxLength={VALUE_MAX_CHARS}
          autoFocus
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <ActionIcon type="submit" size={34} loading={props.busy} aria-label="Save">
          <IconCheck size={16} />
        </ActionIcon>
        <ActionIcon variant="default" size={34} onClick={props.cancel} aria-label="Cancel">
          <IconX size={16} />
        </ActionIcon>
      </Group>
    </form>
  );
}

function NewFact(props: {
  taken: string[];
  busy: boolean;
  save: (key: string, value: string) => void;
  cancel: () => void;
}) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const taken = props.taken.includes(key.trim());
  function submit(event: FormEvent) {
    event.preventDefault();
    if (key.trim() && value.trim() && !taken) props.save(key.trim(), value.trim());
  }
  return (
    <form onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && props.cancel()}>
      <Group gap="xs" align="flex-start" grow mt="xs">
        <TextInput
          label="Fact"
          placeholder="plan"
          value={key}
          maxLength={KEY_MAX_CHARS}
          autoFocus
          required
          error={taken ? "This is known already; edit it above." : null}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <TextInput
          label="Value"
          placeholder="gold"
          value={value}
          maxLength={VALUE_MAX_CHARS}
          required
          onChange={(event) => setValue(event.currentTarget.value)}
        />
      </Group>
      <Group justify="flex-end" gap="xs" mt="sm">
        <Button variant="default" onClick={props.cancel}>
          Cancel
        </Button>
        <Button type="submit" loading={props.busy}>
          Add
        </Button>
      </Group>
    </form>
  );
}
