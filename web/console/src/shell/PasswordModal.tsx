import { Alert, Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { logIn } from "../api/client";
import { signOut, useSession } from "../api/session";
import { explain } from "../components/states";

/** Asks for the password over the page, which stays as it is: nothing that was typed is lost. */
export function PasswordModal() {
  const { session, expired } = useSession();
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  if (!session) return null;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!session) return;
    setBusy(true);
    setError(null);
    await logIn(session.user.email, password)
      .then(() => setPassword(""))
      .catch((reason) => setError(explain(reason)));
    setBusy(false);
  }

  return (
    <Modal
      opened={expired}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Log in again"
    >
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            Your login has ended. Nothing that you typed is lost. Log in as <b>{session.user.email}</b> to go
            on.
          </Text>
          {error && (
            <Alert color="red" variant="light" role="alert">
              {error}
            </Alert>
          )}
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            data-autofocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Group justify="space-between">
            <Button variant="subtle" color="gray" onClick={signOut}>
              Log out
            </Button>
            <Button type="submit" loading={busy}>
              Log in
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
