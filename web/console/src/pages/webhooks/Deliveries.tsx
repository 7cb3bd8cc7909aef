// The deliveries of a webhook by their state, and sending once more what was set aside.
import { Button, SegmentedControl, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCircleCheckFilled, IconPlayerPlay } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useLocation, useParams } from "wouter";
import type { Delivery, DeliveryState, Webhook } from "../../api/webhooks";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Section } from "../../components/Section";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { useNow } from "../../components/useNow";
import { DeliveryRow } from "./DeliveryRow";
import { useDeliveries, useWebhookChanges } from "./queries";
import { counted, deliveries, firstState, nameOf, STATES, stateLabel, stateOf } from "./webhook";

/** Where the seconds to the next try are counted down, and where nothing depends on the time. */
const COUNTDOWN_MS = 1_000;
const STILL_MS = 60_000;

const HINTS: Record<DeliveryState, string> = {
  waiting: "To be sent, in the order of each conversation",
  parked: "Set aside, so that they hold up nothing else. Replay them once the receiver is mended",
  finished: "Taken by the receiver; the newest hundred are kept",
};

const NONE: Record<DeliveryState, string> = {
  waiting: "Nothing waits",
  parked: "Nothing is parked",
  finished: "Nothing was delivered yet",
};

export function Deliveries(props: { webhook: Webhook }) {
  const { webhook } = props;
  const [, navigate] = useLocation();
  const [first] = useState(() => firstState(webhook));
  const state = stateOf(useParams<{ state?: string }>().state) ?? first;
  const [replaying, setReplaying] = useState(false);
  const changes = useWebhookChanges();
  const labels = STATES.map(({ value, label }) => ({ value, label: label + countOf(webhook, value) }));
  return (
    <Section
      title="Deliveries"
      hint={HINTS[state]}
      flush
      actions={
        <>
          {state === "parked" && webhook.parked > 0 && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlayerPlay size={14} />}
              onClick={() => setReplaying(true)}
            >
              Replay all…
            </Button>
          )}
          <SegmentedControl
            size="xs"
            aria-label="Which deliveries"
            data={labels}
            value={state}
            onChange={(next) =>
              navigate(`/webhooks/${encodeURIComponent(webhook.id)}/${next}`, { replace: true })
            }
          />
        </>
      }
    >
      <List key={state} webhook={webhook} state={state} />
      <ConfirmDialog
        opened={replaying}
        onClose={() => setReplaying(false)}
        title="Replay all that are parked?"
        confirm="Replay all"
        action={async () => {
          const { replayed } = await changes.replayAll(webhook.id);
          notifications.show({
            message: `${deliveries(replayed)} on the way once more.`,
          });
        }}
      >
        <Text size="sm">
          {deliveries(webhook.parked)} will be sent to “{nameOf(webhook)}” once more, each under the id that
          it had, so that a receiver knows what it has already.
        </Text>
      </ConfirmDialog>
    </Section>
  );
}

function countOf(webhook: Webhook, state: DeliveryState): string {
  const count = state === "finished" ? 0 : webhook[state];
  return count > 0 ? ` (${counted(count)})` : "";
}

function List(props: { webhook: Webhook; state: DeliveryState }) {
  const { webhook, state } = props;
  const found = useDeliveries(webhook.id, state);
  const region = useRef<HTMLElement>(null);
  if (found.isPending) return <LoadingRows rows={4} label="Loading the deliveries" />;
  if (found.isError && !found.data) return <ErrorState error={found.error} retry={() => found.refetch()} />;
  const rows = found.data.pages.flatMap((page) => page.items);
  return (
    // A row whose button was pressed goes away: the focus goes to what stays.
    <section
      ref={region}
      tabIndex={-1}
      aria-label={`${stateLabel(state)} deliveries`}
      style={{ outline: "none" }}
    >
      {rows.length === 0 && (
        <EmptyState
          title={NONE[state]}
          icon={state === "finished" ? undefined : <IconCircleCheckFilled size={22} />}
        >
          {state === "finished" && "“Send a test” shows whether the receiver answers."}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DeliveryTable
          webhook={webhook}
          state={state}
          deliveries={rows}
          leave={() => region.current?.focus({ preventScroll: true })}
        />
      )}
      {found.hasNextPage && (
        <Button
          variant="subtle"
          fullWidth
          loading={found.isFetchingNextPage}
          onClick={() => found.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </section>
  );
}

function DeliveryTable(props: {
  webhook: Webhook;
  state: DeliveryState;
  deliveries: Delivery[];
  leave: () => void;
}) {
  const { webhook, state } = props;
  const now = useNow(state === "waiting" ? COUNTDOWN_MS : STILL_MS);
  return (
    <Table.ScrollContainer minWidth={820} type="native" tabIndex={0} aria-label="Deliveries">
      <Table verticalSpacing="sm" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={250}>Event</Table.Th>
            <Table.Th w={200}>Conversation</Table.Th>
            <Table.Th w={180}>Tries</Table.Th>
            <Table.Th>Last answer</Table.Th>
            {state === "parked" && (
              <Table.Th w={116}>
                <span className="visually-hidden">Actions</span>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.deliveries.map((delivery) => (
            <DeliveryRow
              key={delivery.number}
              webhook={webhook}
              delivery={delivery}
              now={now}
              leave={props.leave}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
