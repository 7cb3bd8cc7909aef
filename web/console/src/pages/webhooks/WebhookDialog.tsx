import { Checkbox, Modal, PasswordInput, Stack, Switch, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Webhook } from "../../api/webhooks";
import { AddressField } from "../../components/AddressField";
import { words } from "../../components/labels";
import { SaveForm, useSave } from "../../components/SaveForm";
import { SecretDialog } from "../../components/SecretDialog";
import { useRepeatable } from "../../components/useRepeatable";
import { useWebhookChanges } from "./queries";
import { KEEPER, Signing } from "./Signing";
import {
  changesOf,
  EVENTS,
  type Field,
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
    <SecretDialog
      opened={props.opened}
      onClose={props.onClose}
      title="New webhook"
      of="webhook"
      keeper={KEEPER}
      signing={<Signing />}
    >
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
      <AddressField
        label="Address"
        description="Each event is sent there with POST, as JSON; redirects are not followed"
        placeholder="https://shop.example.com/hooks"
        focus
        value={typed.url}
        error={problem("url")}
        onChange={(url) => set({ url })}
      />
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
