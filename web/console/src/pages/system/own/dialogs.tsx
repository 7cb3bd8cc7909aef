// Makes, changes and ends an organization's own channel, and gives it another secret.
import { Code, Modal, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type ReactNode, useState } from "react";
import type { OwnChannel } from "../../../api/channels";
import { AddressField } from "../../../components/AddressField";
import { ConfirmDialog } from "../../../components/ConfirmDialog";
import { RotateForm } from "../../../components/RotateForm";
import { SaveForm, useSave } from "../../../components/SaveForm";
import { SecretDialog } from "../../../components/SecretDialog";
import { useRepeatable } from "../../../components/useRepeatable";
import {
  changesOf,
  type Field,
  newChannel,
  problemsOf,
  type TypedChannel,
  typedChannel,
  wantedOf,
} from "./ownChannel";
import { useOwnChannelChanges } from "./queries";

const fields: Field[] = ["name", "reply_url"];

/** What is asked of whom; `channel` where it is about one. */
export type Asked = { what: "new" } | { what: "edit" | "rotate" | "delete"; channel: OwnChannel } | null;

export function OwnChannelDialogs(props: { asked: Asked; onClose: () => void }) {
  const { asked, onClose } = props;
  const about = asked && asked.what !== "new" ? asked.channel : null;
  return (
    <>
      <Secret opened={asked?.what === "new"} onClose={onClose} title="New channel">
        {(show) => <NewForm show={show} cancel={onClose} />}
      </Secret>
      <Secret opened={asked?.what === "rotate"} onClose={onClose} title="Make a new secret?">
        {(show) => about && <Rotate channel={about} show={show} cancel={onClose} />}
      </Secret>
      <Modal
        opened={asked?.what === "edit"}
        onClose={onClose}
        title={about ? `Edit “${about.name}”` : "Edit"}
        size="lg"
      >
        {about && <EditForm channel={about} done={onClose} />}
      </Modal>
      <Delete channel={asked?.what === "delete" ? about : null} onClose={onClose} />
    </>
  );
}

function Secret(props: {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: (show: (secret: string) => void) => ReactNode;
}) {
  return (
    <SecretDialog {...props} of="channel" keeper="its system" signing={<Signing />}>
      {props.children}
    </SecretDialog>
  );
}

function Signing() {
  return (
    <Text size="sm" c="dimmed" component="p" m={0}>
      What the system brings and what it gets is signed with it: <Code>webhook-signature</Code> as Standard
      Webhooks has it.
    </Text>
  );
}

function NewForm(props: { show: (secret: string) => void; cancel: () => void }) {
  const [typed, setTyped] = useState<TypedChannel>(newChannel);
  const changes = useOwnChannelChanges();
  const request = useRepeatable();
  const saving = useSave<Field, void>({
    problems: problemsOf(typed),
    save: () => {
      const wanted = wantedOf(typed);
      return changes.add(wanted, request(JSON.stringify(wanted)), props.show);
    },
    done: () => {},
  });
  return (
    <SaveForm saving={saving} fields={fields} cancel={props.cancel} verb="Create">
      <Fields typed={typed} set={setTyped} problem={saving.problem} />
    </SaveForm>
  );
}

function EditForm(props: { channel: OwnChannel; done: () => void }) {
  // What it was when the dialog was opened: the list goes on changing behind it.
  const [from] = useState(() => typedChannel(props.channel));
  const [typed, setTyped] = useState(from);
  const changes = useOwnChannelChanges();
  const saving = useSave<Field, void>({
    problems: problemsOf(typed),
    save: async () => {
      const change = changesOf(typed, from);
      if (!change) return;
      await changes.change(props.channel.id, change);
      notifications.show({ message: "The channel is saved." });
    },
    done: props.done,
  });
  return (
    <SaveForm saving={saving} fields={fields} cancel={props.done}>
      <Fields typed={typed} set={setTyped} problem={saving.problem} />
    </SaveForm>
  );
}

function Fields(props: {
  typed: TypedChannel;
  set: (typed: TypedChannel) => void;
  problem: (field: Field) => string | null;
}) {
  const { typed, set, problem } = props;
  return (
    <>
      <TextInput
        label="Name"
        description="What people call it"
        required
        data-autofocus
        value={typed.name}
        error={problem("name")}
        onChange={(event) => set({ ...typed, name: event.currentTarget.value })}
      />
      <AddressField
        label="Address for replies"
        description="Each reply is sent there with POST, as JSON; redirects are not followed"
        placeholder="https://app.example.com/replies"
        value={typed.reply_url}
        error={problem("reply_url")}
        onChange={(reply_url) => set({ ...typed, reply_url })}
      />
    </>
  );
}

function Rotate(props: { channel: OwnChannel; show: (secret: string) => void; cancel: () => void }) {
  const { channel, show, cancel } = props;
  const changes = useOwnChannelChanges();
  return (
    <RotateForm
      rotate={(key) => changes.rotate(channel.id, key, show)}
      cancel={cancel}
      previousUntil={channel.previous_secret_until}
    >
      For a day the secret of now holds too, both for what “{channel.name}” brings and for what it gets.
    </RotateForm>
  );
}

function Delete(props: { channel: OwnChannel | null; onClose: () => void }) {
  const { channel, onClose } = props;
  const changes = useOwnChannelChanges();
  return (
    <ConfirmDialog
      opened={channel !== null}
      onClose={onClose}
      title={`Delete “${channel?.name ?? ""}”?`}
      confirm="Delete"
      danger
      action={async () => channel && changes.remove(channel.id)}
    >
      <Text size="sm">
        Its system can bring nothing any more and gets no replies. Its conversations stay. This cannot be
        undone.
      </Text>
    </ConfirmDialog>
  );
}
