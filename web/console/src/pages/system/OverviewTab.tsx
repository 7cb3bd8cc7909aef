import { Alert, Anchor, Paper, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheckFilled } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { ChannelState, SystemState } from "../../api/types";
import { words } from "../../components/labels";
import { Meter } from "../../components/Meter";
import { Section } from "../../components/Section";
import { EmptyState } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { Warning } from "../../components/Warning";
import { isAiling, needsSomebody } from "./StateOfChannel";

/** Store, sockets, queues and restarts: what is looked at first when something seems wrong. */
export function OverviewTab(props: { system: SystemState; stale: boolean }) {
  const { system } = props;
  const { store, sockets } = system;
  return (
    <Stack>
      {props.stale && (
        <Warning title="The server does not answer at the moment" live>
          These figures are older.
        </Warning>
      )}
      {!store.writable && (
        <Alert
          color="red"
          variant="light"
          icon={<IconAlertTriangle size={18} />}
          title="The store takes no writes"
          role="alert"
        >
          A write to the disk failed, so nothing more is accepted until somebody has looked at it: free the
          disk or mend it, then start the server again. What was acknowledged is safe.
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
        <Fact label="Store" value={store.engine}>
          {store.writable ? (
            <>
              <IconCircleCheckFilled size={15} color="var(--good)" aria-hidden /> Writable
            </>
          ) : (
            <>
              <IconAlertTriangle size={15} color="var(--bad)" aria-hidden /> Takes no writes
            </>
          )}
        </Fact>
        <Fact label="Customers connected" value={sockets.customers.toLocaleString()}>
          Live connections
        </Fact>
        <Fact label="Staff connected" value={sockets.agents.toLocaleString()}>
          Live connections
        </Fact>
      </SimpleGrid>
      <Ailing channels={system.channels} />
      <Queues queues={system.queues} />
      <Restarts restarts={system.restarts} />
    </Stack>
  );
}

/** What is wrong with a channel stands where one looks first. */
function Ailing(props: { channels: ChannelState[] }) {
  const ailing = props.channels.filter(needsSomebody);
  if (ailing.length === 0) return null;
  const how = ailing.some(isAiling) ? "" : " all the time";
  const title = ailing.length === 1 ? "A channel does not work" : `${ailing.length} channels do not work`;
  return (
    <Warning title={`${title}${how}`}>
      {ailing.map((one) => `${words(one.channel)} ${one.account}`).join(", ")}.{" "}
      <Anchor component={Link} href="/system/channels" underline="always" size="sm">
        Look at the channels
      </Anchor>
    </Warning>
  );
}

function Fact(props: { label: string; value: string; children: ReactNode }) {
  return (
    <Paper p="sm" px="md" bg="var(--surface)" style={{ borderColor: "var(--line)" }}>
      <Text size="xs" c="dimmed" fw={500}>
        {props.label}
      </Text>
      <Text fz="xl" fw={600} style={{ fontVariantNumeric: "tabular-nums" }}>
        {props.value}
      </Text>
      <Text size="xs" c="dimmed" component="div" style={{ display: "flex", gap: 5, alignItems: "center" }}>
        {props.children}
      </Text>
    </Paper>
  );
}

function Queues(props: { queues: SystemState["queues"] }) {
  return (
    <Section
      title="Queues"
      hint="What waits inside the engine. A full one refuses new work instead of losing it"
      flush
    >
      <Table verticalSpacing={9} horizontalSpacing="md">
        <Table.Tbody>
          {props.queues.map((queue) => (
            <Table.Tr key={queue.name}>
              <Table.Th scope="row" fw={500} w="30%">
                {words(queue.name)}
              </Table.Th>
              <Table.Td>
                <Meter
                  label={words(queue.name)}
                  value={queue.depth}
                  limit={queue.limit}
                  width="min(24rem, 45%)"
                />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {props.queues.length === 0 && <EmptyState title="No queue is reported" />}
    </Section>
  );
}

function Restarts(props: { restarts: SystemState["restarts"] }) {
  return (
    <Section title="Restarts" hint="Actors that failed and were started again from the store" flush>
      {props.restarts.length === 0 ? (
        <EmptyState title="None since the server began" icon={<IconCircleCheckFilled size={22} />} />
      ) : (
        <Table.ScrollContainer minWidth={560} type="native" tabIndex={0} aria-label="Restarts">
          <Table verticalSpacing="sm" horizontalSpacing="md">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Actor</Table.Th>
                <Table.Th>Why</Table.Th>
                <Table.Th>When</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {props.restarts.map((restart) => (
                <Table.Tr key={`${restart.actor} ${restart.at}`}>
                  <Table.Td style={{ overflowWrap: "anywhere" }}>{restart.actor}</Table.Td>
                  <Table.Td style={{ overflowWrap: "anywhere" }}>{restart.why}</Table.Td>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>{dateAndTime(restart.at)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}
