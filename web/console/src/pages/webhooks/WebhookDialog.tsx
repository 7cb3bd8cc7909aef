import { Checkbox, Modal, PasswordInput, Stack, Switch, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useRef, useState } from "react";
import type { Webhook } from "../../api/webhooks";
import { words } from "../../components/labels";
import { SaveForm, useSave } from "../../components/SaveForm";
import { useWebhookChanges } from "./queries";
import { SecretDialog } from "./SecretDialog";
import {
  changesOf,
  EVENTS,
  type Field,
  isOpen,
  nameOf,
  newWebhook,
  problemsOf,
  SECRET_MAX_CHARS,
  type TypedWebhook,
  typedWebhook,
  wantedOf,
} from "./webhook";

const fields: Field[] = ["url", "description", "events", "secret"];

/** Makes a webhook, and shows its secret then. */
export function NewDialog(props: { opened: boolean; onClose: () => void }) {
  return (
    <SecretDialog opened={props.opened} onClose={props.onClose} title="New webhook">
      {(show) => <NewForm show={show} cancel={props.onClose} />}
    </SecretDialog>
  );
}

/** Changes a webhook; its secret is another matter. */
export function EditDialog(props: { edited: Webhook | null; onClose: () => void }) {
  const { edited, onClose } = props;
  return (
    <Modal
      opened={edited !== null}
      onClose={onClose}
      title={edited ? `Edit “${nameOf(edited)}”` : "Edit"}
      size="lg"
    >
      {edited && <EditForm webhook={edited} done={onClose} />}
    </Modal>
  );
}

function NewForm(props: { show: (secret: string) => void; cancel: () => void }) {
  const [typed, setTyped] = useState<TypedWebhook>(newWebhook);
  const changes = useWebhookChanges();
  const request = useRepeatable();
  const saving = useSave<Field, void>({
    problems: problemsOf(typed),
    save: () => {
      const wanted = wantedOf(typed);
      return changes.add(wanted, request(JSON.stringify(wanted)), props.show);
    },
    done: () => {},
  });
  const set = (patch: Partial<TypedWebhook>) => setTyped((now) => ({ ...now, ...patch }));
  return (
    <SaveForm saving={saving} fields={fields} cancel={props.cancel} verb="Create">
      <Fields typed={typed} set={set} problem={saving.problem} />
      <PasswordInput
        label="Secret of your own"
        description="What deliveries are signed with; one is made unless you give it, and shown to you once"
        autoComplete="new-password"
        maxLength={SECRET_MAX_CHARS}
        value={typed.secret}
        error={saving.problem("secret")}
        onChange={(event) => set({ secret: event.currentTarget.value })}
      />
    </SaveForm>
  );
}

/** A key for each request that is not the one before: one whose answer was lost is sent under its own again. */
function useRepeatable(): (body: string) => string {
  const last = useRef({ body: "", key: "" });
  return (body) => {
    if (last.current.body !== body) last.current = { body, key: crypto.randomUUID() };
    return last.current.key;
  };
}

function EditForm(props: { webhook: Webhook; done: () => void }) {
  const { webhook } = props;
  // What it was when the dialog was opened: the list goes on changing behind it.
  const [from] = useState(() => typedWebhook(webhook));
  const [typed, setTyped] = useState(from);
  const changes = useWebhookChanges();
  const saving = useSave<Field, void>({
    problems: problemsOf(typed),
    save: async () => {
      const change = changesOf(typed, from);
      if (!change) return;
      await changes.change(webhook.id, change);
      notifications.show({ message: "The webhook is saved." });
    },
    done: props.done,
  });
  const set = (patch: Partial<TypedWebhook>) => setTyped((now) => ({ ...now, ...patch }));
  return (
    <SaveForm saving={saving} fields={fields} cancel={props.done}>
      <Fields typed={typed} set={set} problem={saving.problem} />
    </SaveForm>
  );
}

function Fields(props: {
  typed: TypedWebhook;
  set: (patch: Partial<TypedWebhook>) => void;
  problem: (field: Field) => string | null;
}) {
  const { typed, set, problem } = props;
  return (
    <>
      <div>
        <TextInput
          label="Address"
          description="Each event is sent there with POST, as JSON; redirects are not followed"
          placeholder="https://shop.example.com/hooks"
          type="url"
          required
          data-autofocus
          value={typed.url}
          error={problem("url")}
          onChange={(event) => set({ url: event.currentTarget.value })}
        />
        {isOpen(typed.url) && (
          <Text size="xs" c="var(--warn)" mt={4} role="note">
            Without https, everybody on the way can read what customers write.
          </Text>
        )}
      </div>
      <TextInput
        label="Description"
        description="What people call it"
        value={typed.description}
        error={problem("description")}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <Checkbox.Group
        label="Events"
        description="What it hears of"
        required
        value={typed.events}
        error={problem("events")}
        onChange={(events) => set({ events })}
      >
        <Stack gap={10} my={8}>
          {choices(typed.events).map((event) => (
            <Checkbox key={event.name} value={event.name} label={event.label} description={event.hint} />
          ))}
        </Stack>
      </Checkbox.Group>
      <Switch
        label="Deliver"
        description="While it is off, what happens is not sent, then or later; what already waits stays"
        checked={typed.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
      />
    </>
  );
}

/** The events that are known here, and those that a newer server has and that are chosen. */
function choices(chosen: string[]) {
  const others = chosen.filter((name) => !EVENTS.some((event) => event.name === name));
  return [...EVENTS, ...others.map((name) => ({ name, label: words(name), hint: name }))];
}
