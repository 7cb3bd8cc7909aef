// What customers asked in vain, the most asked first: each becomes a question with an answer, or is dismissed.
import { Anchor, Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconMoodSmile } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useIsAdmin } from "../../api/session";
import { faqAddress } from "../../components/places";
import { Section } from "../../components/Section";
import { ShowMore } from "../../components/ShowMore";
import { EmptyState, ErrorState, explain, LoadingRows } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { type Edited, FaqDialog } from "./FaqDialog";
import { draftOf } from "./faqs";
import classes from "./Knowledge.module.css";
import { useFaqChanges, useUnanswered } from "./queries";
import type { Unanswered, UnansweredStatus } from "./types";

const statuses = [
  { value: "open", label: "Open" },
  { value: "answered", label: "Answered" },
  { value: "dismissed", label: "Dismissed" },
];

export function UnansweredTab() {
  const [status, setStatus] = useState<UnansweredStatus>("open");
  const [edited, setEdited] = useState<Edited | null>(null);
  const changes = useFaqChanges();
  const write = (group: Unanswered) =>
    setEdited({
      title: "Write the answer",
      faq: draftOf(group),
      save: async (faq) => {
        await changes.answer(group.id, faq);
        notifications.show({ message: "Saved. The next customer who asks gets this answer." });
      },
    });
  return (
    <Section
      title="Questions without an answer"
      hint="Those that ask the same are counted together; addresses and numbers are masked"
      flush
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Which questions"
          data={statuses}
          value={status}
          onChange={(next) => setStatus(next as UnansweredStatus)}
        />
      }
    >
      <Groups status={status} write={write} />
      <FaqDialog edited={edited} onClose={() => setEdited(null)} />
    </Section>
  );
}

function Groups(props: { status: UnansweredStatus; write: (group: Unanswered) => void }) {
  const found = useUnanswered(props.status);
  if (found.isPending) return <LoadingRows rows={4} height={72} label="Loading the questions" />;
  if (found.isError && !found.data) return <ErrorState error={found.error} retry={() => found.refetch()} />;
  const groups = found.data.pages.flatMap((page) => page.items);
  if (groups.length === 0) {
    return props.status === "open" ? (
      <EmptyState title="Nothing was asked in vain" icon={<IconMoodSmile size={22} stroke={1.6} />}>
        What the assistant has no answer to is gathered here.
      </EmptyState>
    ) : (
      <EmptyState title={`No ${props.status} questions`} />
    );
  }
  return (
    <>
      {groups.map((group) => (
        <Asked key={group.id} group={group} write={() => props.write(group)} />
      ))}
      <ShowMore of={found} />
    </>
  );
}

function Asked(props: { group: Unanswered; write: () => void }) {
  const { group } = props;
  const admin = useIsAdmin();
  const changes = useFaqChanges();
  const dismiss = useMutation({
    mutationFn: () => changes.dismiss(group.id),
    onError: (error) => notifications.show({ color: "red", title: "Not dismissed", message: explain(error) }),
  });
  return (
    <article className={classes.question} aria-label={group.question}>
      <div className={classes.asked}>
        <b>{group.asked.toLocaleString()}</b> <span>{group.asked === 1 ? "time" : "times"}</span>
      </div>
      <div style={{ minWidth: 0 }}>
        <Text fw={600} dir="auto" style={{ overflowWrap: "anywhere" }}>
          {group.question}
        </Text>
        <Text size="xs" c="dimmed">
          Last asked {dateAndTime(group.last_seen)} · first {dateAndTime(group.first_seen)}
        </Text>
        <ul className={classes.examples} aria-label="Examples">
          {group.examples.map((example) => (
            <li key={`${example.session} ${example.at}`}>
              <span dir="auto" style={{ overflowWrap: "anywhere" }}>
                {example.text}
              </span>
              <Anchor
                component={Link}
                href={`/inbox/${encodeURIComponent(example.session)}`}
                size="xs"
                style={{ flex: "none" }}
              >
                Conversation
              </Anchor>
            </li>
          ))}
        </ul>
      </div>
      {admin && group.status !== "answered" && (
        <Stack gap={6}>
          <Button size="xs" onClick={props.write}>
            Write the answer
          </Button>
          {group.status === "open" && (
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              loading={dismiss.isPending}
              onClick={() => dismiss.mutate()}
            >
              Dismiss
            </Button>
          )}
        </Stack>
      )}
      {group.status === "answered" && (
        <Group gap={6}>
          <Anchor component={Link} href={faqAddress(group.question)} size="sm">
            Its answer
          </Anchor>
        </Group>
      )}
    </article>
  );
}
