// A test delivery: it is sent at once, whether the webhook is switched on or not, and what the receiver said stands on the page.
import { Alert, CloseButton, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheckFilled } from "@tabler/icons-react";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import type { Pinged } from "../../api/webhooks";
import classes from "../../components/deliveries/Deliveries.module.css";
import { answerWord, took } from "../../components/deliveries/delivery";
import { ErrorState } from "../../components/states";
import { useWebhookChanges } from "./queries";

type Ping = UseMutationResult<Pinged, Error, void>;

export function usePing(id: string): Ping {
  const { ping } = useWebhookChanges();
  return useMutation({ mutationFn: () => ping(id) });
}

export function PingResult(props: { ping: Ping }) {
  const { ping } = props;
  if (ping.isError) return <ErrorState title="No test was sent" error={ping.error} />;
  // The region is there before its text, so that screen readers say it.
  return (
    <div role="status" aria-label="Test delivery">
      {ping.data && (
        <Group gap="xs" align="flex-start" wrap="nowrap">
          <Result pinged={ping.data} />
          <CloseButton aria-label="Dismiss the test’s result" onClick={ping.reset} />
        </Group>
      )}
    </div>
  );
}

function Result(props: { pinged: Pinged }) {
  const { delivered, attempt } = props.pinged;
  return (
    <Alert
      color={delivered ? "green" : "red"}
      variant="light"
      role="presentation"
      icon={delivered ? <IconCircleCheckFilled size={18} /> : <IconAlertTriangle size={18} />}
      title={delivered ? "The test was taken" : "The test was not taken"}
      style={{ flex: 1 }}
    >
      <Text size="sm">
        {answerWord(attempt)} after {took(attempt)}
      </Text>
      {attempt.text && <div className={classes.answer}>{attempt.text}</div>}
    </Alert>
  );
}
