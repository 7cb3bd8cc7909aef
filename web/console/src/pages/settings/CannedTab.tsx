// Canned replies: texts that agents insert with a slash and the shortcut.
import { ActionIcon, Button, Group, Kbd, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { IconPencil, IconPlus, IconSearch, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useIsAdmin } from "../../api/session";
import type { CannedReply } from "../../api/types";
import { Chip } from "../../components/Chip";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Section } from "../../components/Section";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { useTeam } from "../team/queries";
import { CannedDialog } from "./CannedDialog";
import { useCanned, useCannedChanges } from "./canned";

export function CannedTab() {
  const [q, setQ] = useState("");
  const [edited, setEdited] = useState<CannedReply | "new" | null>(null);
  const [deleting, setDeleting] = useState<CannedReply | null>(null);
  const admin = useIsAdmin();
  const changes = useCannedChanges();
  return (
    <Section
      title="Canned replies"
      hint={
        <>
          Agents type <Kbd size="xs">/</Kbd> and the shortcut
        </>
      }
      flush
      actions={
        admin && (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEdited("new")}>
            New reply
          </Button>
        )
      }
    >
      <TextInput
        type="search"
        aria-label="Search canned replies"
        placeholder="Search"
        mx="md"
        mb="xs"
        maw={300}
        leftSection={<IconSearch size={16} />}
        value={q}
        onChange={(event) => setQ(event.currentTarget.value)}
      />
      <Replies q={q.trim().toLowerCase()} edit={setEdited} remove={setDeleting} />
      <CannedDialog edited={edited} onClose={() => setEdited(null)} />
      <ConfirmDialog
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete /${deleting?.shortcut ?? ""}?`}
        confirm="Delete"
        danger
        action={() => (deleting ? changes.remove(deleting.id) : Promise.resolve())}
      >
        <Text size="sm">
          Nobody can insert it any more. Messages that were sent with it stay as they are.
        </Text>
      </ConfirmDialog>
    </Section>
  );
}

function Replies(props: {
  q: string;
  edit: (reply: CannedReply) => void;
  remove: (reply: CannedReply) => void;
}) {
  const canned = useCanned();
  const admin = useIsAdmin();
  if (canned.isPending) return <LoadingRows rows={4} label="Loading canned replies" />;
  if (canned.isError) return <ErrorState error={canned.error} retry={() => canned.refetch()} />;
  const shown = canned.data.filter((reply) =>
    [reply.shortcut, reply.title, reply.text].some((text) => text.toLowerCase().includes(props.q)),
  );
  if (shown.length === 0) {
    return (
      <EmptyState title={props.q ? "No reply matches" : "No canned replies yet"}>
        {!props.q && "Write down what your agents type again and again."}
      </EmptyState>
    );
  }
  return (
    <Table.ScrollContainer minWidth={560} type="native" tabIndex={0} aria-label="Canned replies">
      <Table verticalSpacing="sm" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Shortcut</Table.Th>
            <Table.Th>Reply</Table.Th>
            <Table.Th w={150}>For</Table.Th>
            {admin && (
              <Table.Th w={84}>
                <span className="visually-hidden">Actions</span>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((reply) => (
            <Row
              key={reply.id}
              reply={reply}
              edit={() => props.edit(reply)}
              remove={() => props.remove(reply)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row(props: { reply: CannedReply; edit: () => void; remove: () => void }) {
  const { reply } = props;
  const admin = useIsAdmin();
  const team = useTeam();
  const name = reply.team && (team.data?.teams.find((one) => one.id === reply.team)?.name ?? reply.team);
  return (
    <Table.Tr>
      <Table.Td style={{ verticalAlign: "top", whiteSpace: "nowrap" }}>
        <Text size="sm" ff="monospace">
          /{reply.shortcut}
        </Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm" fw={500}>
          {reply.title}
        </Text>
        <Text size="sm" c="dimmed" lineClamp={2}>
          {reply.text}
        </Text>
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}>
        <Chip>{name ?? "Everybody"}</Chip>
      </Table.Td>
      {admin && (
        <Table.Td style={{ verticalAlign: "top" }}>
          <Group gap={4} wrap="nowrap">
            <Tooltip label="Edit">
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Edit /${reply.shortcut}`}
                onClick={props.edit}
              >
                <IconPencil size={16} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Delete">
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Delete /${reply.shortcut}`}
                onClick={props.remove}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Tooltip>
          </Group>
        </Table.Td>
      )}
    </Table.Tr>
  );
}
