// All webhooks: where they are, what they hear of, whether they take it, and what waits.
import { ActionIcon, Anchor, Button, Group, Stack, Table, Text, Tooltip } from "@mantine/core";
import { IconPencil, IconPlus, IconWebhook } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "wouter";
import type { Webhook } from "../../api/webhooks";
import { Chip } from "../../components/Chip";
import { counted } from "../../components/deliveries/delivery";
import { Section } from "../../components/Section";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { useNow } from "../../components/useNow";
import { Warning } from "../../components/Warning";
import { EnabledSwitch } from "./Enabled";
import { useWebhooks } from "./queries";
import { Signing } from "./Signing";
import { EditDialog, NewDialog } from "./WebhookDialog";
import { nameOf, waitingFor } from "./webhook";

const NOW_MS = 5_000;

export function WebhookList() {
  const webhooks = useWebhooks();
  const [adding, setAdding] = useState(false);
  const [edited, setEdited] = useState<Webhook | null>(null);
  const add = (
    <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
      New webhook
    </Button>
  );
  return (
    <Stack>
      {webhooks.isError && webhooks.data && (
        <Warning title="The server does not answer at the moment" live>
          These figures are older.
        </Warning>
      )}
      <Section
        title="Where events are sent"
        hint="Nothing is lost: what a service does not take waits on disk, and is parked in the end"
        flush
        actions={add}
      >
        {webhooks.isPending && <LoadingRows rows={3} label="Loading the webhooks" />}
        {webhooks.isError && !webhooks.data && (
          <ErrorState error={webhooks.error} retry={() => webhooks.refetch()} />
        )}
        {webhooks.data?.length === 0 && (
          <EmptyState title="No webhooks yet" icon={<IconWebhook size={22} stroke={1.6} />}>
            <Stack gap={6}>
              <span>
                A webhook tells a service of yours at once when a conversation starts or ends, when a customer
                writes, and when the assistant fails. Deliveries of one conversation come in order, and are
                tried again for days if need be.
              </span>
              <Signing />
            </Stack>
          </EmptyState>
        )}
        {webhooks.data && webhooks.data.length > 0 && (
          <WebhookTable webhooks={webhooks.data} edit={setEdited} />
        )}
      </Section>
      <NewDialog opened={adding} onClose={() => setAdding(false)} />
      <EditDialog edited={edited} onClose={() => setEdited(null)} />
    </Stack>
  );
}

function WebhookTable(props: { webhooks: Webhook[]; edit: (webhook: Webhook) => void }) {
  const now = useNow(NOW_MS);
  return (
    <Table.ScrollContainer minWidth={760} type="native" tabIndex={0} aria-label="Webhooks">
      <Table verticalSpacing="sm" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Webhook</Table.Th>
            <Table.Th w={210}>Hears of</Table.Th>
            <Table.Th w={190}>Deliveries</Table.Th>
            <Table.Th w={80}>Deliver</Table.Th>
            <Table.Th w={52}>
              <span className="visually-hidden">Actions</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.webhooks.map((webhook) => (
            <Row key={webhook.id} webhook={webhook} now={now} edit={() => props.edit(webhook)} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row(props: { webhook: Webhook; now: number; edit: () => void }) {
  const { webhook } = props;
  const name = nameOf(webhook);
  return (
    <Table.Tr>
      <Table.Td style={{ verticalAlign: "top", overflowWrap: "anywhere" }}>
        <Anchor
          component={Link}
          href={`/webhooks/${encodeURIComponent(webhook.id)}`}
          size="sm"
          fw={500}
          c="inherit"
        >
          {name}
        </Anchor>
        {webhook.description && (
          <Text size="xs" c="dimmed">
            {webhook.url}
          </Text>
        )}
        {webhook.given_up && (
          <Text size="xs" c="var(--bad)" mt={4}>
            Switched off by itself, {dateAndTime(webhook.given_up.at)}: {webhook.given_up.why}
          </Text>
        )}
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}>
        <Events events={webhook.events} />
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}>
        <Standing webhook={webhook} now={props.now} />
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}>
        <EnabledSwitch webhook={webhook} />
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}>
        <Tooltip label="Edit">
          <ActionIcon variant="subtle" color="gray" aria-label={`Edit ${name}`} onClick={props.edit}>
            <IconPencil size={16} />
          </ActionIcon>
        </Tooltip>
      </Table.Td>
    </Table.Tr>
  );
}

export function Events(props: { events: string[] }) {
  return (
    <Group gap={4}>
      {props.events.map((event) => (
        <Chip key={event}>{event}</Chip>
      ))}
    </Group>
  );
}

/** What waits and since when, and what was set aside. */
function Standing(props: { webhook: Webhook; now: number }) {
  const { webhook } = props;
  const since = waitingFor(webhook, props.now);
  if (webhook.waiting === 0 && webhook.parked === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing waits
      </Text>
    );
  }
  return (
    <Stack gap={4} align="flex-start">
      {webhook.waiting > 0 && (
        <Text size="sm">
          {counted(webhook.waiting)} waiting
          {since && (
            <Text span size="xs" c="dimmed">
              {` for ${since}`}
            </Text>
          )}
        </Text>
      )}
      {webhook.parked > 0 && <Chip kind="warn">{counted(webhook.parked)} parked</Chip>}
    </Stack>
  );
}
