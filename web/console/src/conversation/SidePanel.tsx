// What is known of the customer and of the conversation, beside it.
import { Anchor, Badge, Button, CopyButton, Group, Stack, Text, Title } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { api } from "../api/client";
import type { Customer, Page, Summary } from "../api/types";
import { ChannelIcon } from "../components/ChannelIcon";
import { channelLabel } from "../components/labels";
import { ownerText, plain } from "../components/people";
import { ErrorState, LoadingRows } from "../components/states";
import { TargetChip } from "../components/TargetChip";
import { ago, dateAndTime } from "../components/time";
import { useNow } from "../components/useNow";
import { MemoryList } from "../memory/MemoryList";
import { Facts } from "./Facts";
import { useMailReached } from "./progress";
import { Routing } from "./Routing";
import classes from "./SidePanel.module.css";

const HISTORY = 6;

export function SidePanel(props: { summary: Summary }) {
  const { summary } = props;
  const customer = useQuery({
    queryKey: ["customer", summary.customer.id],
    queryFn: () => api.get<Customer>(`/customers/${encodeURIComponent(summary.customer.id)}`),
  });
  return (
    <aside className={classes.panel} aria-label="Customer and conversation">
      {customer.isPending ? (
        <LoadingRows rows={4} height={24} />
      ) : customer.isError ? (
        <ErrorState error={customer.error} retry={() => customer.refetch()} />
      ) : (
        <Profile customer={customer.data} />
      )}
      <Details summary={summary} />
      <History customer={summary.customer.id} current={summary.id} />
    </aside>
  );
}

/** Whether nobody has checked who they are: such ids are given by the server, one for each conversation. */
function isVisitor(customer: Customer): boolean {
  return customer.id.startsWith("~");
}

function Profile(props: { customer: Customer }) {
  const { customer } = props;
  return (
    <>
      <Section
        title="Customer"
        more={
          <Anchor component={Link} href={`/customers/${encodeURIComponent(customer.id)}`} size="xs">
            Open
          </Anchor>
        }
      >
        <Line term="Name" text={customer.name} />
        <Line term="E-mail" text={customer.email} />
        <Line term="Phone" text={customer.phone} />
        <Line term="Language" text={customer.language} />
        {isVisitor(customer) && (
          <Text size="sm" c="dimmed">
            A visitor who has not signed in. What you note is kept for this conversation, until an
            administrator merges it into a customer.
          </Text>
        )}
        {customer.tags.length > 0 && (
          <Group gap={4}>
            {customer.tags.map((tag) => (
              <Badge key={tag} color="gray">
                {tag}
              </Badge>
            ))}
          </Group>
        )}
      </Section>
      <Section title="Facts">
        <Facts customer={customer} />
      </Section>
      <Section title="Memory">
        <MemoryList customer={customer.id} />
      </Section>
    </>
  );
}

function Details(props: { summary: Summary }) {
  const { summary } = props;
  const now = useNow(1_000);
  const address = useMailReached(summary);
  return (
    <Section title="Conversation">
      <Line term="Started" text={dateAndTime(summary.started_at)} />
      <Line term="Channel" text={channelLabel(summary.channel)} />
      <Line term="Away: by e-mail" text={address} />
      <Line term="Intent" text={summary.intent && plain(summary.intent)} />
      {summary.rating !== null && <Line term="Rating" text={`${summary.rating} of 5`} />}
      {summary.owner !== "closed" && summary.targets.length > 0 && (
        <Stack gap={4} align="flex-start">
          {summary.targets.map((target) => (
            <TargetChip key={target.target} targets={[target]} now={now} long />
          ))}
        </Stack>
      )}
      <Routing summary={summary} />
      <CopyId id={summary.id} />
    </Section>
  );
}

/** For whoever asks the API or the log about it; nobody reads it here. */
function CopyId(props: { id: string }) {
  return (
    <CopyButton value={props.id}>
      {({ copied, copy }) => (
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          title={props.id}
          leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          onClick={copy}
        >
          {copied ? "Copied" : "Copy the conversation’s id"}
        </Button>
      )}
    </CopyButton>
  );
}

function History(props: { customer: string; current: string }) {
  const now = useNow(60_000);
  const sessions = useQuery({
    queryKey: ["customer", props.customer, "sessions", "recent"],
    queryFn: () =>
      api.get<Page<Summary>>(`/customers/${encodeURIComponent(props.customer)}/sessions`, { limit: HISTORY }),
  });
  const others = (sessions.data?.items ?? []).filter((one) => one.id !== props.current);
  return (
    <Section title="Earlier conversations">
      {sessions.isSuccess && others.length === 0 && (
        <Text size="sm" c="dimmed">
          None
        </Text>
      )}
      {others.map((one) => (
        <Link key={one.id} href={`/inbox/${encodeURIComponent(one.id)}`} className={classes.earlier}>
          <ChannelIcon channel={one.channel} />
          <span className={classes.excerpt}>{one.last?.text ?? ownerText(one)}</span>
          <span className={classes.when}>{ago(one.last?.at ?? one.started_at, now)}</span>
        </Link>
      ))}
    </Section>
  );
}

function Section(props: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <Group justify="space-between">
        <Title order={3}>{props.title}</Title>
        {props.more}
      </Group>
      <Stack gap={6}>{props.children}</Stack>
    </section>
  );
}

function Line(props: { term: string; text: string | null | undefined }) {
  if (!props.text) return null;
  return (
    <div className={classes.line}>
      <span className={classes.term}>{props.term}</span>
      <span className={classes.value}>{props.text}</span>
    </div>
  );
}
