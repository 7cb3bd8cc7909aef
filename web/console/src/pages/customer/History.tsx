// Every conversation with one customer, whichever channel it came by.
import { Button, Group, SegmentedControl, Text, ThemeIcon, VisuallyHidden } from "@mantine/core";
import {
  IconBrandWhatsapp,
  IconDeviceMobileMessage,
  IconMail,
  IconMessageCircle,
  IconWebhook,
} from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "wouter";
import type { Customer, Summary } from "../../api/types";
import { Chip } from "../../components/Chip";
import { channelLabel, ownerLabels, words } from "../../components/labels";
import { Section } from "../../components/Section";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { dateAndTime } from "../../components/time";
import classes from "./Customer.module.css";
import { useHistory } from "./queries";

const icons: Record<string, typeof IconMail> = {
  whatsapp: IconBrandWhatsapp,
  email: IconMail,
  sms: IconDeviceMobileMessage,
  webhook: IconWebhook,
};
const authors = { customer: "", assistant: "Assistant: ", agent: "Agent: ", notice: "Notice: " };

export function History(props: { customer: Customer }) {
  const history = useHistory(props.customer.id);
  const [channel, setChannel] = useState("all");
  const sessions = history.data?.pages.flatMap((page) => page.items) ?? [];
  const channels = [...new Set(sessions.map((session) => session.channel))];
  const shown = sessions.filter((session) => channel === "all" || session.channel === channel);
  const choice = channels.length > 1 && (
    <SegmentedControl
      size="xs"
      aria-label="Channel"
      value={channel}
      onChange={setChannel}
      data={[
        { value: "all", label: "All" },
        ...channels.map((name) => ({ value: name, label: channelLabel(name) })),
      ]}
    />
  );
  return (
    <Section title="Conversations" actions={choice} flush>
      {history.isPending && <LoadingRows rows={4} height={56} label="Loading conversations" />}
      {history.isError && <ErrorState error={history.error} retry={() => history.refetch()} />}
      {history.isSuccess && sessions.length === 0 && (
        <EmptyState title="No conversations yet">
          They appear here as soon as this customer writes.
        </EmptyState>
      )}
      {shown.map((session) => (
        <SessionRow key={session.id} session={session} />
      ))}
      {history.hasNextPage && (
        <Button
          variant="subtle"
          fullWidth
          loading={history.isFetchingNextPage}
          onClick={() => history.fetchNextPage()}
        >
          Show older conversations
        </Button>
      )}
    </Section>
  );
}

function SessionRow(props: { session: Summary }) {
  const { session } = props;
  const Icon = icons[session.channel] ?? IconMessageCircle;
  const at = session.last?.at ?? session.started_at;
  return (
    <Link href={`/inbox/${encodeURIComponent(session.id)}`} className={classes.session}>
      <ThemeIcon size={32} bg="var(--surface-hover)" c="dimmed" aria-hidden>
        <Icon size={18} stroke={1.6} />
      </ThemeIcon>
      <div style={{ minWidth: 0 }}>
        <Group gap={6} mb={2}>
          <Text size="sm" fw={500} component="span">
            {session.intent ? words(session.intent) : channelLabel(session.channel)}
          </Text>
          <Standing session={session} />
          {session.rating !== null && (
            <Chip>
              <VisuallyHidden>Rated </VisuallyHidden>★ {session.rating} of 5
            </Chip>
          )}
        </Group>
        <Text size="sm" c="dimmed" lineClamp={1}>
          {session.last ? authors[session.last.from] + session.last.text : "No messages"}
        </Text>
      </div>
      <div>
        <Text size="xs" c="dimmed" component="time" dateTime={at}>
          {dateAndTime(at)}
        </Text>
        <Text size="xs" c="dimmed">
          {channelLabel(session.channel)}
        </Text>
      </div>
    </Link>
  );
}

function Standing(props: { session: Summary }) {
  const { owner, agent } = props.session;
  if (owner === "closed") return <Chip>{ownerLabels.closed}</Chip>;
  if (owner === "queue") return <Chip kind="warn">{ownerLabels.queue}</Chip>;
  return <Chip kind="accent">{owner === "human" && agent ? `With ${agent.name}` : ownerLabels[owner]}</Chip>;
}
