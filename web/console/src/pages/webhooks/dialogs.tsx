// What can not be taken back: another secret, and the end of a webhook.
import { Text } from "@mantine/core";
import type { Webhook } from "../../api/webhooks";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { deliveries } from "../../components/deliveries/delivery";
import { RotateForm } from "../../components/RotateForm";
import { SecretDialog } from "../../components/SecretDialog";
import { useWebhookChanges } from "./queries";
import { KEEPER, Signing } from "./Signing";
import { nameOf } from "./webhook";

export function RotateDialog(props: { webhook: Webhook; opened: boolean; onClose: () => void }) {
  const { webhook } = props;
  const changes = useWebhookChanges();
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
      {(show) => (
        <RotateForm
          rotate={(key) => changes.rotate(webhook.id, key, show)}
          cancel={props.onClose}
          previousUntil={webhook.previous_secret_until}
        >
          For a day, <code>webhook-signature</code> holds a signature with each of both secrets.{" "}
          <code>X-Webhook-Signature</code> has room for one and is made with the new secret at once.
        </RotateForm>
      )}
    </SecretDialog>
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
