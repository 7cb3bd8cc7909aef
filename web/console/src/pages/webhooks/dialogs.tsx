// What can not be taken back: another secret, and the end of a webhook.
import { Text } from "@mantine/core";
import type { Webhook } from "../../api/webhooks";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { deliveries } from "../../components/deliveries/delivery";
import { SaveForm, useSave } from "../../components/SaveForm";
import { SecretDialog } from "../../components/SecretDialog";
import { useWebhookChanges } from "./queries";
import { KEEPER, Signing } from "./Signing";
import { nameOf } from "./webhook";

export function RotateDialog(props: { webhook: Webhook; opened: boolean; onClose: () => void }) {
  return (
    <SecretDialog
      opened={props.opened}
      onClose={props.onClose}
      title="Make a new secret?"
      size="md"
      of="webhook"
      keeper={KEEPER}
      signing={<Signing />}
    >
      {(show) => <RotateForm webhook={props.webhook} show={show} cancel={props.onClose} />}
    </SecretDialog>
  );
}

function RotateForm(props: { webhook: Webhook; show: (secret: string) => void; cancel: () => void }) {
  const changes = useWebhookChanges();
  const saving = useSave<never, void>({
    problems: {},
    save: () => changes.rotate(props.webhook.id, props.show),
    done: () => {},
  });
  return (
    <SaveForm saving={saving} fields={[]} cancel={props.cancel} verb="Make a new secret">
      <Text size="sm">
        For a day, <code>webhook-signature</code> holds a signature with each of both secrets.{" "}
        <code>X-Webhook-Signature</code> has room for one and is made with the new secret at once.
        {props.webhook.previous_secret_until && " The secret before this one holds no longer then."}
      </Text>
    </SaveForm>
  );
}

export function DeleteDialog(props: {
  webhook: Webhook;
  opened: boolean;
  onClose: () => void;
  deleted: () => void;
}) {
  const { webhook } = props;
  const changes = useWebhookChanges();
  const open = webhook.waiting + webhook.parked;
  return (
    <ConfirmDialog
      opened={props.opened}
      onClose={props.onClose}
      title={`Delete “${nameOf(webhook)}”?`}
      confirm="Delete"
      danger
      action={() => changes.remove(webhook.id, props.deleted)}
    >
      <Text size="sm">
        Nothing is sent there any more, and its secret is forgotten.
        {open > 0 && ` ${deliveries(open)} not taken yet go with it.`} This cannot be undone.
      </Text>
    </ConfirmDialog>
  );
}
