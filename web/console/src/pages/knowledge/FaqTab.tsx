// Questions with their answers: what the assistant says word for word.
import { ActionIcon, Button, Group, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconMessageQuestion, IconPencil, IconPlus, IconSearch, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useSearch } from "wouter";
import { useIsAdmin } from "../../api/session";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { count } from "../../components/labels";
import { Section } from "../../components/Section";
import { ShowMore } from "../../components/ShowMore";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { useLast } from "../../components/useLast";
import { type Edited, FaqDialog } from "./FaqDialog";
import { EMPTY_FAQ } from "./faqs";
import { useFaqChanges, useFaqs } from "./queries";
import type { Faq } from "./types";

const SEARCH_DELAY_MS = 250;

export function FaqTab() {
  // A link to a question that is followed from here, or a step back, is another search.
  const asked = new URLSearchParams(useSearch()).get("q") ?? "";
  return <Questions key={asked} asked={asked} />;
}

function Questions(props: { asked: string }) {
  const [typed, setTyped] = useState(props.asked);
  const [q] = useDebouncedValue(typed.trim(), SEARCH_DELAY_MS);
  const [edited, setEdited] = useState<Edited | null>(null);
  const [deleting, setDeleting] = useState<Faq | null>(null);
  const deleted = useLast(deleting);
  const admin = useIsAdmin();
  const changes = useFaqChanges();
  const add = () => setEdited({ title: "New question", faq: EMPTY_FAQ, save: changes.add });
  return (
    <Section
      title="Questions with answers"
      hint="Who asks one of them gets its answer as it stands here"
      flush
      actions={
        admin && (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={add}>
            New question
          </Button>
        )
      }
    >
      <TextInput
        type="search"
        aria-label="Search questions"
        placeholder="Words of question or answer"
        mx="md"
        mb="sm"
        maw={300}
        maxLength={200}
        leftSection={<IconSearch size={16} />}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <Faqs
        q={q}
        edit={(faq) =>
          setEdited({ title: "Edit the question", faq, save: (text) => changes.change(faq.id, text) })
        }
        remove={setDeleting}
      />
      <FaqDialog edited={edited} onClose={() => setEdited(null)} />
      <ConfirmDialog
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title="Delete this question?"
        confirm="Delete"
        danger
        action={() => (deleting ? changes.remove(deleting.id) : Promise.resolve())}
      >
        <Text size="sm">
          “{deleted?.question}” is no longer answered with it. Messages that were sent stay as they are.
        </Text>
      </ConfirmDialog>
    </Section>
  );
}

function Faqs(props: { q: string; edit: (faq: Faq) => void; remove: (faq: Faq) => void }) {
  const found = useFaqs(props.q);
  const admin = useIsAdmin();
  if (found.isPending) return <LoadingRows rows={4} label="Loading the questions" />;
  if (found.isError && !found.data) return <ErrorState error={found.error} retry={() => found.refetch()} />;
  const faqs = found.data.pages.flatMap((page) => page.items);
  if (faqs.length === 0) {
    return (
      <EmptyState
        title={props.q ? "No question matches" : "No questions yet"}
        icon={<IconMessageQuestion size={22} stroke={1.6} />}
      >
        {!props.q && "Write down what customers ask again and again, or begin with what was asked in vain."}
      </EmptyState>
    );
  }
  return (
    <>
      <Table.ScrollContainer
        minWidth={560}
        type="native"
        tabIndex={0}
        aria-label="Questions with answers"
        aria-busy={found.isPlaceholderData}
      >
        <Table verticalSpacing="sm" horizontalSpacing="md">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="38%">Question</Table.Th>
              <Table.Th>Answer</Table.Th>
              {admin && (
                <Table.Th w={84}>
                  <span className="visually-hidden">Actions</span>
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {faqs.map((faq) => (
              <Row key={faq.id} faq={faq} edit={() => props.edit(faq)} remove={() => props.remove(faq)} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <ShowMore of={found} />
    </>
  );
}

function Row(props: { faq: Faq; edit: () => void; remove: () => void }) {
  const { faq } = props;
  const admin = useIsAdmin();
  const top = { verticalAlign: "top", overflowWrap: "anywhere" } as const;
  return (
    <Table.Tr>
      <Table.Td style={top}>
        <Text size="sm" fw={500}>
          {faq.question}
        </Text>
        {faq.variants.length > 0 && (
          <Text size="xs" c="dimmed" title={faq.variants.join("\n")}>
            and {count(faq.variants.length, "other way", "other ways")} to ask it
          </Text>
        )}
      </Table.Td>
      <Table.Td style={top}>
        <Text size="sm" lineClamp={3} style={{ whiteSpace: "pre-line" }}>
          {faq.answer}
        </Text>
        {faq.url && (
          <Text size="xs" c="dimmed" lineClamp={1}>
            {faq.url}
          </Text>
        )}
      </Table.Td>
      {admin && (
        <Table.Td style={{ verticalAlign: "top" }}>
          <Group gap={4} wrap="nowrap">
            <Tooltip label="Edit">
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Edit “${faq.question}”`}
                onClick={props.edit}
              >
                <IconPencil size={16} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Delete">
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Delete “${faq.question}”`}
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
