// The deliveries of a webhook or of a channel's account by their state, and sending once more what was set aside.
import { Button, SegmentedControl, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCircleCheckFilled, IconPlayerPlay } from "@tabler/icons-react";
import { useRef, useState } from "react";
import type { Delivery, DeliveryState } from "../../api/webhooks";
import { ConfirmDialog } from "../ConfirmDialog";
import { Section } from "../Section";
import { EmptyState, ErrorState, LoadingRows } from "../states";
import { useNow } from "../useNow";
import { DeliveryRow } from "./DeliveryRow";
import { counted, type DeliveryTarget, deliveries, firstState, STATES, stateLabel } from "./delivery";
import { useDeliveries, useReplays } from "./queries";

/** Where the seconds to the next try are counted down, and where nothing depends on the time. */
const COUNTDOWN_MS = 1_000;
const STILL_MS = 60_000;

const NOTHING: Record<Exclude<DeliveryState, "finished">, string> = {
  waiting: "Nothing waits",
  parked: "Nothing is parked",
};

export function Deliveries(props: {
  target: DeliveryTarget;
  title: string;
  /** Which are shown; unless given, what an administrator most likely comes for. */
  state: DeliveryState | null;
  show: (state: DeliveryState) => void;
}) {
  const { target, show } = props;
  const [first] = useState(() => firstState(target));
  const state = props.state ?? first;
  const [replaying, setReplaying] = useState(false);
  const replays = useReplays(target);
  const labels = STATES.map(({ value, label }) => ({ value, label: label + countOf(target, value) }));
  return (
    <Section
      title={props.title}
      hint={target.words.hints[state]}
      flush
      actions={
        <>
          {state === "parked" && target.parked > 0 && (
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
            onChange={show}
          />
        </>
      }
    >
      <List key={state} target={target} state={state} />
      <ConfirmDialog
        opened={replaying}
        onClose={() => setReplaying(false)}
        title="Replay all that are parked?"
        confirm="Replay all"
        action={async () => {
          const { replayed } = await replays.all();
          notifications.show({
            message: `${deliveries(replayed)} on the way once more.`,
          });
        }}
      >
        <Text size="sm">
          {deliveries(target.parked)} of “{target.name}” will be sent once more. {target.words.replay}
        </Text>
      </ConfirmDialog>
    </Section>
  );
}

function countOf(target: DeliveryTarget, state: DeliveryState): string {
  const count = state === "finished" ? 0 : target[state];
  return count > 0 ? ` (${counted(count)})` : "";
}

function List(props: { target: DeliveryTarget; state: DeliveryState }) {
  const { target, state } = props;
  const found = useDeliveries(target, state);
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
          title={state === "finished" ? "Nothing was delivered yet" : NOTHING[state]}
          icon={state === "finished" ? undefined : <IconCircleCheckFilled size={22} />}
        >
          {state === "finished" && target.words.none}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DeliveryTable
          target={target}
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
  target: DeliveryTarget;
  state: DeliveryState;
  deliveries: Delivery[];
  leave: () => void;
}) {
  const { target, state } = props;
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
              target={target}
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
