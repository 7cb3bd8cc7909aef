// "Will you take this?" On every page, with the time that is left.
import { Badge, Button, Group, Kbd, Paper, Progress, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useRef } from "react";
import { useLocation } from "wouter";
import type { Summary } from "../api/types";
import { customerName, plain, priorityWord } from "../components/people";
import { explain } from "../components/states";
import { duration } from "../components/time";
import { useNow } from "../components/useNow";
import type { Offer } from "../live/frames";
import { useLive, useLiveStore, useSummary } from "../live/hooks";
import type { LiveState } from "../live/state";
import { useCommands } from "./commands";
import classes from "./Shell.module.css";

/** How long the page waits for an accepted conversation, so that it opens as a whole. */
const OPEN_MAX_MS = 1_000;

const offersOf = (state: LiveState) => state.offers;

export function Offers() {
  const offers = useLive(offersOf);
  const store = useLiveStore();
  const [, navigate] = useLocation();
  const first = offers[0];

  const accept = async (session: string) => {
    const epoch = store.getState().summaries[session]?.epoch ?? 0;
    // What cannot be read says so on its own page.
    const ready = store.makeReady(session).catch(() => undefined);
    try {
      await store.command("accept", { session, epoch });
      await Promise.race([ready, new Promise((later) => setTimeout(later, OPEN_MAX_MS))]);
      navigate(`/inbox/${encodeURIComponent(session)}`);
    } catch (error) {
      notifications.show({ color: "red", message: explain(error) });
    }
  };
  const decline = (session: string) => {
    store
      .command("decline", { session })
      .catch((error) => notifications.show({ color: "red", message: explain(error) }));
  };
  useCommands(
    first
      ? [
          {
            id: "accept",
            label: "Accept the offer",
            group: "Offers",
            key: "a",
            run: () => accept(first.session),
          },
          {
            id: "decline",
            label: "Decline the offer",
            group: "Offers",
            key: "d",
            run: () => decline(first.session),
          },
        ]
      : [],
  );

  return (
    <section className={classes.offers} aria-label="Offers" aria-live="assertive">
      {offers.map((offer) => (
        <OfferCard
          key={offer.session}
          offer={offer}
          onAccept={() => accept(offer.session)}
          onDecline={() => decline(offer.session)}
        />
      ))}
    </section>
  );
}

function OfferCard(props: { offer: Offer; onAccept: () => void; onDecline: () => void }) {
  const summary = useSummary(props.offer.session);
  return (
    <Paper className={classes.offer} p="md" shadow="lg">
      <Stack gap="xs">
        <OfferText summary={summary} />
        <Countdown until={props.offer.until} />
        <Group gap="xs" grow>
          <Button onClick={props.onAccept} rightSection={<Kbd size="xs">a</Kbd>}>
            Accept
          </Button>
          <Button variant="default" onClick={props.onDecline} rightSection={<Kbd size="xs">d</Kbd>}>
            Decline
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

function OfferText(props: { summary: Summary | undefined }) {
  const { summary } = props;
  if (!summary) return <Text fw={600}>A customer is waiting</Text>;
  return (
    <>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text fw={600} truncate>
          {customerName(summary.customer)}
        </Text>
        <Group gap={4} wrap="nowrap">
          {summary.priority !== "normal" && (
            <Badge color={summary.priority === "urgent" ? "red" : "gray"}>
              {priorityWord(summary.priority)}
            </Badge>
          )}
          {summary.intent && <Badge color="gray">{plain(summary.intent)}</Badge>}
        </Group>
      </Group>
      {summary.last && (
        <Text size="sm" lineClamp={2}>
          {summary.last.text}
        </Text>
      )}
    </>
  );
}

/** Outside of the live region's words: a screen reader would count aloud. */
function Countdown(props: { until: string }) {
  const now = useNow(250);
  const left = Math.max(0, Date.parse(props.until) - now);
  const whole = useRef(Math.max(1, left)).current;
  return (
    <Stack gap={4} aria-hidden>
      <Progress
        value={(left / whole) * 100}
        size="sm"
        transitionDuration={200}
        color={left < 8_000 ? "red" : "accent"}
      />
      <Text size="xs" c="dimmed">
        {left > 0 ? `${duration(left)} left` : "The time is over"}
      </Text>
    </Stack>
  );
}
