import { Anchor, Badge, Button, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck, IconPlayerPlay } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { Link } from "wouter";
import type { Attempt, Delivery } from "../../api/webhooks";
import { Chip } from "../Chip";
import { explain } from "../states";
import { dateAndTime } from "../time";
import classes from "./Deliveries.module.css";
import { answerWord, type DeliveryTarget, nextTry, parkedWord, took, tries } from "./delivery";
import { useReplays } from "./queries";

export function DeliveryRow(props: {
  target: DeliveryTarget;
  delivery: Delivery;
  now: number;
  leave: () => void;
}) {
  const { target, delivery } = props;
  return (
    <Table.Tr>
      <Table.Td style={{ verticalAlign: "top" }}>
        <Chip>{delivery.event}</Chip>
        <Text size="xs" mt={4}>
          <time dateTime={delivery.event_at}>{dateAndTime(delivery.event_at)}</time>
        </Text>
        <div className={classes.id} title="The id of every try">
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
        <Tries target={target} delivery={delivery} now={props.now} />
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}>
        {delivery.last_attempt ? (
          <Answer target={target} delivery={delivery} attempt={delivery.last_attempt} />
        ) : (
          <Text size="sm" c="dimmed">
            Not tried yet
          </Text>
        )}
      </Table.Td>
      {delivery.state === "parked" && (
        <Table.Td style={{ verticalAlign: "top" }}>
          <Replay target={target} delivery={delivery} leave={props.leave} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

/** How often, and what is next, or why nothing is. */
function Tries(props: { target: DeliveryTarget; delivery: Delivery; now: number }) {
  const { target, delivery, now } = props;
  return (
    <>
      <Text size="sm">{tries(delivery.attempts)}</Text>
      {delivery.state === "waiting" && (
        <Text size="xs" c="dimmed">
          {nextTry(delivery, target.enabled, now)}
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
function Answer(props: { target: DeliveryTarget; delivery: Delivery; attempt: Attempt }) {
  const { target, delivery, attempt } = props;
  const taken = delivery.state === "finished";
  return (
    <>
      <Badge
        color={taken ? "green" : "red"}
        leftSection={
          taken ? <IconCheck size={12} aria-hidden /> : <IconAlertTriangle size={12} aria-hidden />
        }
        miw="max-content"
      >
        {answerWord(attempt, taken ? "Taken" : target.words.failed)}
      </Badge>
      <Text span size="xs" c="dimmed" ml={8}>
        {dateAndTime(attempt.at)}, {took(attempt)}
      </Text>
      {attempt.text && <div className={classes.answer}>{attempt.text}</div>}
    </>
  );
}

function Replay(props: { target: DeliveryTarget; delivery: Delivery; leave: () => void }) {
  const { target, delivery, leave } = props;
  const replays = useReplays(target);
  const button = useRef<HTMLButtonElement>(null);
  const replay = useMutation({
    mutationFn: async () => {
      await replays.one(delivery.number);
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
