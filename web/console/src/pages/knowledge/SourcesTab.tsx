// All sources: how each stands, and adding, reading again and deleting them.
import { Button, Group, Select, Table, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFileText, IconPlus, IconSearch } from "@tabler/icons-react";
import { type DragEvent, useState } from "react";
import { useIsAdmin } from "../../api/session";
import { count } from "../../components/labels";
import { Section } from "../../components/Section";
import { ShowMore } from "../../components/ShowMore";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { AddDialog, type Adding } from "./AddDialog";
import { DeleteDialog } from "./DeleteDialog";
import classes from "./Knowledge.module.css";
import { useDocuments, useKnowledgeStats } from "./queries";
import { SourceRow } from "./SourceRow";
import { STATE_WORDS, size } from "./states";
import type { DocumentState, KnowledgeDocument } from "./types";

const SEARCH_DELAY_MS = 250;
const states = Object.entries(STATE_WORDS).map(([value, label]) => ({ value, label }));

export function SourcesTab() {
  const [typed, setTyped] = useState("");
  const [state, setState] = useState<DocumentState | null>(null);
  const [q] = useDebouncedValue(typed.trim(), SEARCH_DELAY_MS);
  const [adding, setAdding] = useState<Adding | null>(null);
  const [deleting, setDeleting] = useState<KnowledgeDocument | null>(null);
  const admin = useIsAdmin();
  const drop = useDrop((files) => setAdding({ replace: null, files }), admin);
  return (
    <div {...drop.handlers} className={classes.drop} data-over={drop.over || undefined}>
      <Section
        title="Sources"
        hint={<Figures />}
        flush
        actions={
          admin && (
            <Button
              size="xs"
              leftSection={<IconPlus size={14} />}
              onClick={() => setAdding({ replace: null, files: [] })}
            >
              Add a source
            </Button>
          )
        }
      >
        <Group px="md" pb="sm" gap="xs">
          <TextInput
            type="search"
            aria-label="Search sources"
            placeholder="Title or address"
            w={260}
            leftSection={<IconSearch size={16} />}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Select
            aria-label="State"
            placeholder="Every state"
            w={160}
            clearable
            data={states}
            value={state}
            onChange={(next) => setState(next as DocumentState | null)}
          />
        </Group>
        <Sources
          q={q}
          state={state}
          replace={(document) => setAdding({ replace: document, files: [] })}
          remove={setDeleting}
        />
      </Section>
      <AddDialog adding={adding} onClose={() => setAdding(null)} />
      <DeleteDialog document={deleting} onClose={() => setDeleting(null)} />
    </div>
  );
}

function Figures() {
  const stats = useKnowledgeStats();
  if (!stats.data) return "What was read is found by its meaning and its words";
  const { documents, documents_bytes, chunks, limits } = stats.data;
  const all = Object.values(documents).reduce((sum, one) => sum + one, 0);
  return `${count(all, "source")}, ${count(chunks, "chunk")} to find, ${size(documents_bytes)} of ${size(limits.documents_max_bytes)}`;
}

function Sources(props: {
  q: string;
  state: DocumentState | null;
  replace: (document: KnowledgeDocument) => void;
  remove: (document: KnowledgeDocument) => void;
}) {
  const found = useDocuments(props.q, props.state);
  const admin = useIsAdmin();
  if (found.isPending) return <LoadingRows rows={5} label="Loading the sources" />;
  if (found.isError && !found.data) return <ErrorState error={found.error} retry={() => found.refetch()} />;
  const documents = found.data.pages.flatMap((page) => page.items);
  if (documents.length === 0) {
    return props.q || props.state ? (
      <EmptyState title="No source matches">Another word, or every state, may find it.</EmptyState>
    ) : (
      <EmptyState title="No sources yet" icon={<IconFileText size={22} stroke={1.6} />}>
        {admin
          ? "Drop a PDF, a Word document, a web page or a text here, or add one with the button. The assistant answers from it as soon as it is ready."
          : "An administrator can add documents that the assistant answers from."}
      </EmptyState>
    );
  }
  return (
    <>
      <Table.ScrollContainer
        minWidth={720}
        type="native"
        tabIndex={0}
        aria-label="Sources"
        aria-busy={found.isPlaceholderData}
      >
        <Table verticalSpacing="sm" horizontalSpacing="md" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Source</Table.Th>
              <Table.Th w={220}>State</Table.Th>
              <Table.Th w={80}>Version</Table.Th>
              <Table.Th w={110}>Size</Table.Th>
              <Table.Th w={175}>Changed</Table.Th>
              {admin && (
                <Table.Th w={52}>
                  <span className="visually-hidden">Actions</span>
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {documents.map((document) => (
              <SourceRow
                key={document.id}
                document={document}
                replace={() => props.replace(document)}
                remove={() => props.remove(document)}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <ShowMore of={found} />
      {admin && (
        <Text size="xs" c="dimmed" px="md" py="sm">
          Files can also be dropped here.
        </Text>
      )}
    </>
  );
}

/** Files that are dragged onto the list. The dialog has a button for the same, for the keyboard. */
function useDrop(take: (files: File[]) => void, enabled: boolean) {
  const [over, setOver] = useState(false);
  const hasFiles = (event: DragEvent) => enabled && event.dataTransfer.types.includes("Files");
  // React lets the events of a dialog through to the page that opened it, but the dialog has its own place for files.
  const isHere = (event: DragEvent) => event.currentTarget.contains(event.target as Node | null);
  const handlers = {
    onDragOver: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (isHere(event)) setOver(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
    },
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!hasFiles(event)) return;
      // A file that misses its place must not take the browser to it.
      event.preventDefault();
      if (isHere(event)) take([...event.dataTransfer.files]);
    },
  };
  return { over, handlers };
}
