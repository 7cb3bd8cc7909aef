// Work that failed again and again and was set aside, so that it stops nothing else. A person decides what becomes of it.
import { Anchor, Button, Group, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCircleCheckFilled, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { Parked } from "../../api/types";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { words } from "../../components/labels";
import { Section } from "../../components/Section";
import { ShowMore } from "../../components/ShowMore";
import { EmptyState, ErrorState, explain, LoadingRows } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { useParked, useParkedChanges } from "./queries";

export function ParkedTab() {
  const parked = useParked();
  const [discarding, setDiscarding] = useState<Parked | null>(null);
  const changes = useParkedChanges();
  const items = parked.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section
      title="Parked work"
      hint="Set aside after it failed several times, so that it holds up nothing else"
      flush
    >
      {parked.isPending && <LoadingRows rows={3} label="Loading parked work" />}
      {parked.isError && !parked.data && <ErrorState error={parked.error} retry={() => parked.refetch()} />}
      {parked.isSuccess && items.length === 0 && (
        <EmptyState title="Nothing is parked" icon={<IconCircleCheckFilled size={22} />}>
          All work was done.
        </EmptyState>
      )}
      {items.length > 0 && <ParkedTable items={items} discard={setDiscarding} />}
      <ShowMore of={parked} />
      <ConfirmDialog
        opened={discarding !== null}
        onClose={() => setDiscarding(null)}
        title="Discard this work?"
        confirm="Discard"
        danger
        action={() => (discarding ? changes.discard(discarding.id) : Promise.resolve())}
      >
        <Text size="sm">
          “{discarding && words(discarding.command)}” of {discarding?.session} will never be done. The
          conversation itself stays. This cannot be undone.
        </Text>
      </ConfirmDialog>
    </Section>
  );
}

function ParkedTable(props: { items: Parked[]; discard: (item: Parked) => void }) {
  return (
    <Table.ScrollContainer minWidth={720} type="native" tabIndex={0} aria-label="Parked work">
      <Table verticalSpacing="sm" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Work</Table.Th>
            <Table.Th>Conversation</Table.Th>
            <Table.Th>Tried</Table.Th>
            <Table.Th>Set aside</Table.Th>
            <Table.Th w={210}>
              <span className="visually-hidden">Actions</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.items.map((item) => (
            <Row key={item.id} item={item} discard={() => props.discard(item)} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row(props: { item: Parked; discard: () => void }) {
  const { item } = props;
  const changes = useParkedChanges();
  const replay = useMutation({
    mutationFn: () => changes.replay(item.id),
    onSuccess: () => notifications.show({ message: "It is being done again." }),
    onError: (error) => notifications.show({ color: "red", title: "Not replayed", message: explain(error) }),
  });
  return (
    <Table.Tr>
      <Table.Td>{words(item.command)}</Table.Td>
      <Table.Td style={{ overflowWrap: "anywhere" }}>
        <Anchor
          component={Link}
          href={`/inbox/${encodeURIComponent(item.session)}`}
          size="sm"
          underline="always"
        >
          {item.session}
        </Anchor>
      </Table.Td>
      <Table.Td>
        {item.attempts} {item.attempts === 1 ? "time" : "times"}
      </Table.Td>
      <Table.Td style={{ whiteSpace: "nowrap" }}>{dateAndTime(item.at)}</Table.Td>
      <Table.Td>
        <Group gap="xs" wrap="nowrap" justify="flex-end">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlayerPlay size={14} />}
            loading={replay.isPending}
            onClick={() => replay.mutate()}
          >
            Replay
          </Button>
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            leftSection={<IconTrash size={14} />}
            onClick={props.discard}
          >
            Discard…
          </Button>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
