import { Table, Text } from "@mantine/core";
import type { AuditEntry } from "../../api/types";
import { targetOf, words } from "../../components/labels";
import { Section } from "../../components/Section";
import { ShowMore } from "../../components/ShowMore";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { useAudit } from "./queries";

/** Every administrative act: who, what, on what, from where. Nobody can change it, here or elsewhere. */
export function AuditTab() {
  const audit = useAudit();
  const entries = audit.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title="Audit log" hint="Every administrative act, newest first. It cannot be changed" flush>
      {audit.isPending && <LoadingRows rows={6} label="Loading the audit log" />}
      {audit.isError && !audit.data && <ErrorState error={audit.error} retry={() => audit.refetch()} />}
      {audit.isSuccess && entries.length === 0 && <EmptyState title="Nobody changed anything yet" />}
      {entries.length > 0 && (
        <Table.ScrollContainer minWidth={640} type="native" tabIndex={0} aria-label="Audit log">
          <Table verticalSpacing={8} horizontalSpacing="md">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>When</Table.Th>
                <Table.Th>Who</Table.Th>
                <Table.Th>Did</Table.Th>
                <Table.Th>On</Table.Th>
                <Table.Th>From</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {entries.map((entry) => (
                <Row key={entry.id} entry={entry} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ShowMore of={audit} label="Show older acts" />
    </Section>
  );
}

function Row(props: { entry: AuditEntry }) {
  const { entry } = props;
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: "nowrap" }}>
        <time dateTime={entry.at}>{dateAndTime(entry.at)}</time>
      </Table.Td>
      <Table.Td>{entry.who?.name ?? "The system"}</Table.Td>
      <Table.Td>{words(entry.act)}</Table.Td>
      <Table.Td style={{ overflowWrap: "anywhere" }}>{targetOf(entry.on)}</Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed">
          {entry.address ?? "–"}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}
