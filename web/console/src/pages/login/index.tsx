import {
  Alert,
  Button,
  Center,
  Group,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { type FormEvent, useState } from "react";
import { logIn } from "../../api/client";
import { explain } from "../../components/states";
import { Logo } from "../../shell/Logo";

export default function LoginPage() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    await logIn(email.trim(), password).catch((reason) => setError(explain(reason)));
    setBusy(false);
  }

  return (
    <Center component="main" mih="100vh" bg="var(--surface-sunken)" p="md">
      <Stack w="100%" maw={380} gap="lg">
        <Group justify="center" gap="xs">
          <Logo size={30} />
          <Text fw={650} fz={20}>
            Switchboard
          </Text>
        </Group>
        <Paper p="xl" bg="var(--surface)">
          <form onSubmit={submit}>
            <Stack>
              <Title order={1}>Log in to the console</Title>
              {error && (
                <Alert color="red" variant="light" role="alert">
                  {error}
                </Alert>
              )}
              <TextInput
                label="E-mail"
                type="email"
                name="email"
                autoComplete="username"
                required
                withAsterisk={false}
                autoFocus
                value={email}
                onChange={(event) => setEmail(event.currentTarget.value)}
              />
              <PasswordInput
                label="Password"
                name="password"
                autoComplete="current-password"
                required
                withAsterisk={false}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
              <Button type="submit" size="md" fullWidth loading={busy}>
                Log in
              </Button>
            </Stack>
          </form>
        </Paper>
      </Stack>
    </Center>
  );
}
