// Whether a webhook hears of anything: the switch, and why nobody but the server turned it.
import { Button, Switch, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import type { Webhook } from "../../api/webhooks";
import { deliveries } from "../../components/deliveries/delivery";
import { explain } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { Warning } from "../../components/Warning";
import { useWebhookChanges } from "./queries";
import { nameOf } from "./webhook";

function useEnable(webhook: Webhook) {
  const changes = useWebhookChanges();
  return useMutation({
    mutationFn: (enabled: boolean) => changes.change(webhook.id, { enabled }),
    onSuccess: (_, enabled) =>
      notifications.show({
        message: enabled ? "It hears of what happens from now on." : "Switched off. What waits stays.",
      }),
    onError: (error) => notifications.show({ color: "red", title: "Not changed", message: explain(error) }),
  });
}

export function EnabledSwitch(props: { webhook: Webhook; label?: string }) {
  const { webhook } = props;
  const enable = useEnable(webhook);
  return (
    <Switch
      label={props.label}
      aria-label={props.label ? undefined : `Deliver to ${nameOf(webhook)}`}
      checked={enable.isPending ? enable.variables : webhook.enabled}
      onChange={(event) => {
        if (!enable.isPending) enable.mutate(event.currentTarget.checked);
      }}
    />
  );
}

/** On the webhook's page, where it was switched off by itself. */
export function GivenUp(props: { webhook: Webhook }) {
  const { webhook } = props;
  const enable = useEnable(webhook);
  if (!webhook.given_up) return null;
  const { at, why } = webhook.given_up;
  return (
    <Warning title={`Switched off by itself: ${why}`}>
      <Text size="sm" mb="xs">
        That was {dateAndTime(at)}. What happened since was not sent.
        {webhook.waiting > 0 &&
          ` Once it is on again, ${deliveries(webhook.waiting)} from before will go out.`}
      </Text>
      <Button size="xs" variant="default" loading={enable.isPending} onClick={() => enable.mutate(true)}>
        Switch it on again
      </Button>
    </Warning>
  );
}
