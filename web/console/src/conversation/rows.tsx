// How each kind of row looks. Everything that somebody wrote is shown as text.
import { Button, Group, Loader, Text } from "@mantine/core";
import { IconAlertTriangle, IconChecks, IconClock, IconLock, IconSparkles } from "@tabler/icons-react";
import { memo } from "react";
import type { EventOf, Summary } from "../api/types";
import { customerName } from "../components/people";
import { dateAndTime, dayName, timeOfDay } from "../components/time";
import { useLiveStore } from "../live/hooks";
import type { OutboxItem } from "../live/outbox";
import type { AnswerDraft } from "../live/state";
import { Attachments } from "./Attachments";
import classes from "./Conversation.module.css";
import { saidWith } from "./files";
import { lateText } from "./late";
import { linkParts } from "./links";
import { type ProgressBySeq, told } from "./progress";
import { Sources } from "./Sources";
import type { Row } from "./timeline";
import type { OpenConversation } from "./useConversation";

export interface RowContext {
  summary: Summary;
  now: number;
  /** The newest of our messages that the customer has read. */
  readSeq: number | null;
  /** How far our messages came, where the channel is not the web. */
  progress: ProgressBySeq;
}

export const LogRow = memo(
  function LogRow({ row, context }: { row: Row; context: RowContext }) {
    return (
      <div className={classes.row} data-follows={row.follows || undefined}>
        {row.newDay && (
          <div className={classes.day}>
            <span>{dayName(row.at, context.now)}</span>
          </div>
        )}
        {row.kind === "message" && <MessageRow event={row.event} follows={row.follows} context={context} />}
        {row.kind === "note" && <NoteRow event={row.event} />}
        {row.kind === "marker" && <MarkerRow row={row} />}
      </div>
    );
  },
  (before, after) =>
    before.row.key === after.row.key &&
    before.row.follows === after.row.follows &&
    before.row.newDay === after.row.newDay &&
    before.context.now === after.context.now &&
    before.context.summary.customer.name === after.context.summary.customer.name &&
    before.context.progress.get(before.row.seq) === after.context.progress.get(after.row.seq) &&
    (before.context.readSeq === before.row.seq) === (after.context.readSeq === after.row.seq),
);

function MessageRow(props: { event: EventOf<"message">; follows: boolean; context: RowContext }) {
  const { event, context } = props;
  const said = saidWith(event.text, event.attachments ?? []);
  const late = lateText(event);
  if (event.from === "notice") {
    return (
      <div className={classes.notice}>
        <Text size="sm" component="div">
          <Written text={event.text} />
        </Text>
        <Text size="xs" c="dimmed">
          Automatic notice · <Time at={event.at} />
        </Text>
        <Came seq={event.seq} context={context} />
      </div>
    );
  }
  return (
    <article className={classes.message} data-from={event.from}>
      {!props.follows && (
        <div className={classes.author}>
          {event.from === "assistant" && <IconSparkles size={13} aria-hidden />}
          <span>{authorName(event, context.summary)}</span>
          <Time at={event.at} />
        </div>
      )}
      {said && (
        <div className={classes.bubble} data-from={event.from} title={dateAndTime(event.at)}>
          <Written text={said} />
        </div>
      )}
      {event.attachments && <Attachments session={context.summary.id} files={event.attachments} />}
      {late && (
        <div className={classes.late} title={event.sent_at && dateAndTime(event.sent_at)}>
          <IconClock size={14} aria-hidden /> {late}
        </div>
      )}
      {event.sources && event.sources.length > 0 && <Sources sources={event.sources} />}
      {context.readSeq === event.seq && (
        <div className={classes.receipt}>
          <IconChecks size={14} aria-hidden /> Read
        </div>
      )}
      <Came seq={event.seq} context={context} />
    </article>
  );
}

/** How far a message of ours came. */
function Came(props: { seq: number; context: RowContext }) {
  const progress = props.context.progress.get(props.seq);
  if (!progress) return null;
  const { text, tone } = told(progress);
  const Icon = tone === "bad" ? IconAlertTriangle : tone === "good" ? IconChecks : IconClock;
  return (
    <div className={tone === "bad" ? classes.refused : classes.receipt} title={dateAndTime(progress.at)}>
      <Icon size={14} aria-hidden /> {text}
    </div>
  );
}

function authorName(event: EventOf<"message">, summary: Summary): string {
  if (event.from === "customer") return customerName(summary.customer);
  if (event.from === "assistant") return "Assistant";
  return event.agent?.name ?? "Agent";
}

function NoteRow(props: { event: EventOf<"note"> }) {
  const { event } = props;
  return (
    <article className={classes.note}>
      <div className={classes.noteHead}>
        <IconLock size={13} aria-hidden /> Private note · {event.agent?.name ?? "Agent"} ·{" "}
        <Time at={event.at} />
      </div>
      <Written text={event.text} />
    </article>
  );
}

function MarkerRow(props: { row: Extract<Row, { kind: "marker" }> }) {
  const { row } = props;
  return (
    <div className={classes.marker} data-tone={row.tone}>
      {row.tone !== "quiet" && <IconAlertTriangle size={13} aria-hidden />}
      <span>
        {row.text} · <Time at={row.at} />
        {row.detail && <q className={classes.detail}>{row.detail}</q>}
      </span>
    </div>
  );
}

function Time(props: { at: string }) {
  return <time dateTime={props.at}>{timeOfDay(props.at)}</time>;
}

export function Written(props: { text: string }) {
  let at = 0;
  return (
    <div className={classes.written} dir="auto">
      {linkParts(props.text).map((part) => {
        const key = at;
        at += part.text.length;
        return part.href ? (
          <a key={key} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ) : (
          <span key={key}>{part.text}</span>
        );
      })}
    </div>
  );
}

/** The assistant's answer while it is made. */
export function DraftRow(props: { draft: AnswerDraft }) {
  return (
    <article className={classes.message} data-from="assistant" aria-busy>
      <div className={classes.author}>
        <IconSparkles size={13} aria-hidden />
        <span>Assistant is writing</span>
      </div>
      <div className={classes.bubble} data-from="assistant" data-draft>
        {props.draft.text ? <Written text={props.draft.text} /> : <Loader size="xs" type="dots" />}
      </div>
    </article>
  );
}

/** Written here, not yet known to be durable. */
export function OutboxRow(props: { item: OutboxItem }) {
  const { item } = props;
  const store = useLiveStore();
  return (
    <article className={item.kind === "note" ? classes.note : classes.message} data-from="agent">
      <div className={item.kind === "note" ? undefined : classes.bubble} data-from="agent" data-pending>
        <Written
          text={[item.text, ...(item.attachments ?? []).map((file) => file.name)].filter(Boolean).join("\n")}
        />
      </div>
      {item.refused ? (
        <Group gap={6} className={classes.refused} role="alert">
          <IconAlertTriangle size={14} aria-hidden />
          <span>Not sent: {item.refused}</span>
          <Button size="compact-xs" variant="default" onClick={() => store.retry(item.client_id)}>
            Try again
          </Button>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={() => store.discard(item.client_id)}
          >
            Discard
          </Button>
        </Group>
      ) : (
        <div className={classes.receipt}>
          <IconClock size={13} aria-hidden /> Sending
        </div>
      )}
    </article>
  );
}

export function TypingRow(props: { open: OpenConversation }) {
  const names = props.open.typing.map(({ who }) => {
    if (who.kind === "agent") return who.name ?? "An agent";
    if (who.kind === "assistant") return "The assistant";
    return props.open.summary ? customerName(props.open.summary.customer) : "The customer";
  });
  return (
    <div className={classes.typing} role="status">
      <Loader size="xs" type="dots" color="gray" aria-hidden />
      {[...new Set(names)].join(", ")} {names.length > 1 ? "are" : "is"} typing
    </div>
  );
}
