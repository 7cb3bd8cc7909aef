import { Modal, PasswordInput, Radio, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Role } from "../../api/types";
import { type Problems, SaveForm, useSave } from "../../components/SaveForm";
import { useTeamChanges } from "./queries";

/** Makes an account for a new person. What was typed stays until it was taken. */
export function AddDialog(props: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title="Add a person">
      <AddForm done={props.onClose} />
    </Modal>
  );
}

const texts = [
  { name: "first_name", label: "First name", type: "text", complete: "off" },
  { name: "last_name", label: "Last name", type: "text", complete: "off" },
  { name: "email", label: "E-mail", type: "email", complete: "off" },
] as const;

const empty = { first_name: "", last_name: "", email: "", password: "" };
type Text = keyof typeof empty;
const fields = [...Object.keys(empty), "role"];

function AddForm(props: { done: () => void }) {
  const [typed, setTyped] = useState(empty);
  const [role, setRole] = useState<Role>("agent");
  const changes = useTeamChanges();
  const saving = useSave<Text | "role", void>({
    problems: missingOf(typed),
    save: async () => {
      const person = await changes.add({ ...typed, email: typed.email.trim(), role });
      notifications.show({ message: `${person.name} can log in now.` });
    },
    done: props.done,
  });

  function type(name: Text, value: string) {
    setTyped((now) => ({ ...now, [name]: value }));
  }

  return (
    <SaveForm saving={saving} fields={fields} cancel={props.done} verb="Add">
      {texts.map((field, index) => (
        <TextInput
          key={field.name}
          label={field.label}
          type={field.type}
          autoComplete={field.complete}
          required
          data-autofocus={index === 0 || undefined}
          value={typed[field.name]}
          error={saving.problem(field.name)}
          onChange={(event) => type(field.name, event.currentTarget.value)}
        />
      ))}
      <PasswordInput
        label="First password"
        description="Hand it over in person; they can change it"
        autoComplete="new-password"
        required
        value={typed.password}
        error={saving.problem("password")}
        onChange={(event) => type("password", event.currentTarget.value)}
      />
      <Radio.Group
        label="Role"
        value={role}
        onChange={(value) => setRole(value === "admin" ? "admin" : "agent")}
        error={saving.problem("role")}
      >
        <Stack gap={8} mt={6}>
          <Radio value="agent" label="Agent" description="Talks with customers" />
          <Radio
            value="admin"
            label="Administrator"
            description="Also changes settings, people and the system"
          />
        </Stack>
      </Radio.Group>
    </SaveForm>
  );
}

function missingOf(typed: Record<Text, string>): Problems<Text> {
  const names = Object.keys(empty) as Text[];
  return Object.fromEntries(names.map((name) => [name, typed[name].trim() ? null : "Enter this."]));
}
