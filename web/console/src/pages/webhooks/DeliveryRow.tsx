import { Anchor, Badge, Button, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck, IconPlayerPlay } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { Link } from "wouter";
import type { Attempt, Delivery, Webhook } from "../../api/webhooks";
import { Chip } from "../../components/Chip";
import { explain } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { useWebhookChanges } from "./queries";
import classes from "./Webhooks.module.css";
import { answerWord, nextTry, parkedWord, took, tries, wasTaken } from "./webhook";

export function DeliveryRow(props: { webhook: Webhook; delivery: Delivery; now: number; leave: () => void }) {
  const { webhook, delivery } = props;
  return (
    <Table.Tr>
      <Table.Td style={{ verticalAlign: "top" }}>
        <Chip>{delivery.event}</Chip>
        <Text size="xs" mt={4}>
          <time dateTime={delivery.event_at}>{dateAndTime(delivery.event_at)}</time>
        </Text>
        <div className={classes.id} title="The webhook-id of every try">
          {delivery.id}
        </div>
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top", overflowWrap: "anywhere" }}>
        <Anchor
          component={Link}
          href={`/inbox/${encodeURIComponent(delivery.conversation_id)}`}
          size="sm"
          underline="always"
        >
          {delivery.conversation_id}
        </Anchor>
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}>
        <Tries webhook={webhook} delivery={delivery} now={props.now} />
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}>
        {delivery.last_attempt ? (
          <Answer attempt={delivery.last_attempt} />
        ) : (
          <Text size="sm" c="dimmed">
            Not tried yet
          </Text>
        )}
      </Table.Td>
      {delivery.state === "parked" && (
        <Table.Td style={{ verticalAlign: "top" }}>
          <Replay webhook={webhook} delivery={delivery} leave={props.leave} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

/** How often, and what is next, or why nothing is. */
function Tries(props: { webhook: Webhook; delivery: Delivery; now: number }) {
  const { webhook, delivery, now } = props;
  return (
    <>
      <Text size="sm">{tries(delivery.attempts)}</Text>
      {delivery.state === "waiting" && (
        <Text size="xs" c="dimmed">
          {nextTry(delivery, webhook.enabled, now)}
        </Text>
      )}
      {delivery.parked_because && (
        <Text size="xs" c="var(--bad)">
          {parkedWord(delivery.parked_because)}
        </Text>
      )}
    </>
  );
}

/** Colour, sign and word say the same; what the receiver said is text and nothing else. */
function Answer(props: { attempt: Attempt }) {
  const { attempt } = props;
  const taken = wasTaken(attempt);
  return (
    <>
      <Badge
        color={taken ? "green" : "red"}
        leftSection={
          taken ? <IconCheck size={12} aria-hidden /> : <IconAlertTriangle size={12} aria-hidden />
        }
        miw="max-content"
      >
        {answerWord(attempt)}
      </Badge>
      <Text span size="xs" c="dimmed" ml={8}>
        {dateAndTime(attempt.at)}, {took(attempt)}
      </Text>
      {attempt.text && <div className={classes.answer}>{attempt.text}</div>}
    </>
  );
}

function Replay(props: { webhook: Webhook; delivery: Delivery; leave: () => void }) {
  const { webhook, delivery, leave } = props;
  const changes = useWebhookChanges();
  const button = useRef<HTMLButtonElement>(null);
  const replay = useMutation({
    mutationFn: async () => {
      await changes.replay(webhook.id, delivery.number);
      if ([button.current, document.body].includes(document.activeElement as HTMLElement)) leave();
      notifications.show({ message: "It is sent once more." });
    },
    onError: (error) => notifications.show({ color: "red", title: "Not replayed", message: explain(error) }),
  });
  return (
    <Button
      ref={button}
      size="xs"
      variant="default"
      leftSection={<IconPlayerPlay size={14} />}
      loading={replay.isPending}
      aria-label={`Replay ${delivery.event} of ${delivery.conversation_id}`}
      onClick={() => replay.mutate()}
    >
      Replay
    </Button>
  );
}
