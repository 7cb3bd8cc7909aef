import { ActionIcon, Anchor, Menu, Progress, Stack, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDots, IconFileUpload, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "wouter";
import { useIsAdmin } from "../../api/session";
import { count } from "../../components/labels";
import { documentAddress } from "../../components/places";
import { explain } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { KindIcon } from "./KindIcon";
import classes from "./Knowledge.module.css";
import { useDocumentChanges } from "./queries";
import { StateChip } from "./StateChip";
import { canRetry, kindWord, meanwhile, progressOf, size } from "./states";
import type { KnowledgeDocument } from "./types";

export function SourceRow(props: { document: KnowledgeDocument; replace: () => void; remove: () => void }) {
  const { document } = props;
  const admin = useIsAdmin();
  const about = [kindWord(document.kind), document.author, document.url].filter(Boolean).join(" · ");
  return (
    <Table.Tr>
      <Table.Td>
        <div className={classes.source}>
          <KindIcon kind={document.kind} />
          <div style={{ minWidth: 0 }}>
            <Anchor
              component={Link}
              href={documentAddress(document.id)}
              size="sm"
              fw={500}
              c="inherit"
              lineClamp={2}
            >
              {document.title}
            </Anchor>
            <Text size="xs" c="dimmed" lineClamp={1} title={document.url ?? undefined}>
              {about}
            </Text>
          </div>
        </div>
      </Table.Td>
      <Table.Td>
        <StateCell document={document} />
      </Table.Td>
      <Table.Td>
        <Text size="sm">{document.version}</Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm" style={{ whiteSpace: "nowrap" }}>
          {size(document.bytes)}
        </Text>
        {document.chunks > 0 && (
          <Text size="xs" c="dimmed">
            {count(document.chunks, "chunk")}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          {dateAndTime(document.updated_at)}
        </Text>
      </Table.Td>
      {admin && (
        <Table.Td>
          <SourceActions document={document} replace={props.replace} remove={props.remove} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

/** The state in a word, how far it is, what went wrong, and what customers get meanwhile. */
export function StateCell(props: { document: KnowledgeDocument }) {
  const { document } = props;
  const progress = progressOf(document);
  const still = meanwhile(document);
  return (
    <Stack gap={4} align="flex-start">
      <StateChip state={document.state} />
      {progress && (
        <>
          <Progress.Root size="sm" w={140}>
            <Progress.Section
              value={(progress.done / progress.of) * 100}
              aria-label={`Chunks of ${document.title} that are indexed`}
            />
          </Progress.Root>
          <Text size="xs" c="dimmed">
            {progress.done.toLocaleString()} of {count(progress.of, "chunk")}
          </Text>
        </>
      )}
      {document.fault && document.state === "error" && (
        <Text size="xs" c="var(--bad)">
          {document.fault.charAt(0).toUpperCase() + document.fault.slice(1)}
        </Text>
      )}
      {still && (
        <Text size="xs" c="dimmed">
          {still}
        </Text>
      )}
    </Stack>
  );
}

export function SourceActions(props: {
  document: KnowledgeDocument;
  replace: () => void;
  remove: () => void;
}) {
  const { document } = props;
  const changes = useDocumentChanges();
  const retry = useMutation({
    mutationFn: () => changes.retry(document.id),
    onError: (error) =>
      notifications.show({ color: "red", title: "Not read again", message: explain(error) }),
  });
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Actions for ${document.title}`}
          loading={retry.isPending}
        >
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {canRetry(document) && (
          <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => retry.mutate()}>
            {document.state === "error" ? "Try again" : "Fetch the page again"}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconFileUpload size={16} />} onClick={props.replace}>
          New version…
        </Menu.Item>
        <Menu.Item leftSection={<IconTrash size={16} />} color="red" onClick={props.remove}>
          Delete…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
