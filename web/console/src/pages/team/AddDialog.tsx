import { Alert, Button, Group, Modal, PasswordInput, Radio, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Role } from "../../api/types";
import { fieldError, formError } from "../../components/fieldErrors";
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

function AddForm(props: { done: () => void }) {
  const [typed, setTyped] = useState(empty);
  const [role, setRole] = useState<Role>("agent");
  const [tried, setTried] = useState(false);
  const changes = useTeamChanges();
  const save = useMutation({
    mutationFn: () => changes.add({ ...typed, email: typed.email.trim(), role }),
    onSuccess: (person) => {
      notifications.show({ message: `${person.name} can log in now.` });
      props.done();
    },
  });
  const above = formError(save.error, [...Object.keys(empty), "role"]);

  function missing(name: keyof typeof empty): string | null {
    return tried && !typed[name].trim() ? "Enter this." : null;
  }
  function type(name: keyof typeof empty, value: string) {
    setTyped((now) => ({ ...now, [name]: value }));
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (Object.values(typed).every((value) => value.trim())) save.mutate();
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {above && (
          <Alert color="red" variant="light" role="alert">
            {above}
          </Alert>
        )}
        {texts.map((field, index) => (
          <TextInput
            key={field.name}
            label={field.label}
            type={field.type}
            autoComplete={field.complete}
            required
            data-autofocus={index === 0 || undefined}
            value={typed[field.name]}
            error={missing(field.name) ?? fieldError(save.error, field.name)}
            onChange={(event) => type(field.name, event.currentTarget.value)}
          />
        ))}
        <PasswordInput
          label="First password"
          description="Hand it over in person; they can change it"
          autoComplete="new-password"
          required
          value={typed.password}
          error={missing("password") ?? fieldError(save.error, "password")}
          onChange={(event) => type("password", event.currentTarget.value)}
        />
        <Radio.Group
          label="Role"
          value={role}
          onChange={(value) => setRole(value === "admin" ? "admin" : "agent")}
          error={fieldError(save.error, "role")}
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
        <Group justify="flex-end" gap="xs" mt="xs">
          <Button variant="default" onClick={props.done}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Add
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
