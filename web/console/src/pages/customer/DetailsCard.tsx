// Name and addresses, read and edited in place. What was typed stays when the server refuses it.
import { Button, TextInput } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import type { Customer } from "../../api/types";
import { SaveForm, useSave } from "../../components/SaveForm";
import { Section } from "../../components/Section";
import classes from "./Customer.module.css";
import { useChangeCustomer } from "./queries";

const fields = [
  { name: "name", label: "Name", type: "text" },
  { name: "email", label: "E-mail", type: "email" },
  { name: "phone", label: "Phone", type: "tel" },
] as const;
type Field = (typeof fields)[number]["name"];

export function DetailsCard(props: { customer: Customer }) {
  const [editing, setEditing] = useState(false);
  const edit = (
    <Button
      variant="subtle"
      size="compact-sm"
      leftSection={<IconPencil size={14} />}
      onClick={() => setEditing(true)}
      aria-label="Edit details"
    >
      Edit
    </Button>
  );
  return (
    <Section title="Details" actions={!editing && !props.customer.merged_into && edit}>
      {editing ? (
        <DetailsForm customer={props.customer} done={() => setEditing(false)} />
      ) : (
        <DetailsTable customer={props.customer} />
      )}
    </Section>
  );
}

function DetailsTable(props: { customer: Customer }) {
  const { customer } = props;
  const rows: [string, string | null][] = [
    ...fields.map((field): [string, string | null] => [field.label, customer[field.name]]),
    ["Language", customer.language && languageName(customer.language)],
    ["Id", customer.id],
  ];
  return (
    <table className={classes.facts}>
      <tbody>
        {rows.map(([label, value]) => (
          <tr key={label}>
            <th scope="row" style={{ width: 90 }}>
              {label}
            </th>
            <td>{value ?? <span style={{ color: "var(--mantine-color-dimmed)" }}>Unknown</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function DetailsForm(props: { customer: Customer; done: () => void }) {
  const { customer, done } = props;
  const [typed, setTyped] = useState<Record<Field, string>>({
    name: customer.name ?? "",
    email: customer.email ?? "",
    phone: customer.phone ?? "",
  });
  const change = useChangeCustomer(customer.id);
  const saving = useSave<Field, unknown>({
    problems: {},
    save: async () => {
      const changed = fields.filter(({ name }) => typed[name].trim() !== (customer[name] ?? ""));
      if (changed.length === 0) return;
      await change(Object.fromEntries(changed.map(({ name }) => [name, typed[name].trim() || null])));
    },
    done,
  });

  return (
    <SaveForm saving={saving} fields={fields.map((field) => field.name)} cancel={done}>
      {fields.map((field, index) => (
        <TextInput
          key={field.name}
          label={field.label}
          type={field.type}
          data-autofocus={index === 0 || undefined}
          autoFocus={index === 0}
          autoComplete="off"
          value={typed[field.name]}
          error={saving.problem(field.name)}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setTyped((now) => ({ ...now, [field.name]: value }));
          }}
        />
      ))}
    </SaveForm>
  );
}

function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
