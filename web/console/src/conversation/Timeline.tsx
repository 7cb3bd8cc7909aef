// The messages, virtualised: opens at the end, stays at the end while one is there, and loads older pages upwards
// without moving what is being read.
import { Button, Loader } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { type ComponentProps, useEffect, useMemo, useRef, useState } from "react";
import { Virtuoso, type VirtuosoHandle } from "react-virtuoso";
import type { SessionEvent, Summary } from "../api/types";
import { customerName } from "../components/people";
import { useNow } from "../components/useNow";
import { useLiveStore } from "../live/hooks";
import type { SessionLog } from "../live/log";
import classes from "./Conversation.module.css";
import { useProgress } from "./progress";
import { DraftRow, LogRow, OutboxRow, type RowContext, TypingRow } from "./rows";
import { customerRead, lastRead, rowsOf } from "./timeline";
import type { OpenConversation } from "./useConversation";

/** Virtuoso numbers rows from here downwards as older ones come. */
const FIRST = 1_000_000;
const AT_END_PX = 120;
/** At least a screen full, drawn at once while the virtual list still measures. */
const FIRST_ROWS = 30;
/** Older messages are asked for before the first one is on the screen, so that nobody waits at the top. */
const AHEAD_ROWS = 40;

export function Timeline(props: { open: OpenConversation; summary: Summary; log: SessionLog }) {
  const { log, summary, open } = props;
  const store = useLiveStore();
  const list = useRef<VirtuosoHandle>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [measured, setMeasured] = useState(false);
  const rows = useMemo(() => rowsOf(log.events), [log.events]);
  const ready = measured || rows.length === 0;
  const above = useMemo(() => rows.findIndex((row) => row.seq >= log.anchor), [rows, log.anchor]);
  const first = FIRST - Math.max(0, above);
  const readUpto = Math.max(summary.customer_read_upto, customerRead(log.events));
  const readSeq = useMemo(() => lastRead(rows, readUpto), [rows, readUpto]);
  const now = useNow(60_000);
  const progress = useProgress(summary, log.events);
  const context: RowContext = { summary, now, readSeq, progress };
  const fresh = useFresh(rows.at(-1)?.seq ?? 0, atEnd);

  return (
    <div className={classes.timeline}>
      <Virtuoso
        ref={list}
        className={classes.scroller}
        data={rows}
        firstItemIndex={first}
        initialTopMostItemIndex={{ index: "LAST", align: "end" }}
        computeItemKey={(_, row) => row.key}
        alignToBottom
        followOutput="auto"
        atBottomThreshold={AT_END_PX}
        atBottomStateChange={setAtEnd}
        rangeChanged={(range) => {
          if (range.startIndex - first < AHEAD_ROWS) store.loadOlder(summary.id).catch(() => undefined);
        }}
        increaseViewportBy={{ top: 600, bottom: 300 }}
        itemContent={(_, row) => <LogRow row={row} context={context} />}
        components={COMPONENTS}
        context={{
          open,
          atStart: log.atStart,
          follow: () => {
            if (atEnd) list.current?.scrollTo({ top: 2 ** 30 });
          },
          ready,
          measured: () => setMeasured(true),
        }}
        tabIndex={0}
        role="region"
        aria-label="Messages"
      />
      {!ready && (
        <div className={classes.first} inert>
          {rows.slice(-FIRST_ROWS).map((row) => (
            <LogRow key={row.key} row={row} context={context} />
          ))}
          <OnItsWay open={open} />
        </div>
      )}
      {!atEnd && (
        <Button
          className={classes.toEnd}
          size="xs"
          radius="xl"
          leftSection={<IconArrowDown size={14} aria-hidden />}
          onClick={() => list.current?.scrollToIndex({ index: "LAST", align: "end" })}
        >
          {fresh > 0 ? "New messages" : "To the end"}
        </Button>
      )}
      <Announcer events={log.events} name={customerName(summary.customer)} />
    </div>
  );
}

interface ListContext {
  open: OpenConversation;
  atStart: boolean;
  follow: () => void;
  /** The list stands where it should; until then its last screen is drawn in its place. */
  ready: boolean;
  measured: () => void;
}

const COMPONENTS = { Header: Top, List: Rows, Footer: Bottom };

/** Virtuoso hides its rows until it has measured them and stands at the end, which takes some frames. */
function Rows({ context, ...list }: ComponentProps<"div"> & { context?: ListContext }) {
  const hidden = list.style?.visibility === "hidden";
  const measured = context?.measured;
  // biome-ignore lint/correctness/useExhaustiveDependencies: said once
  useEffect(() => {
    if (!hidden) measured?.();
  }, [hidden]);
  return <div {...list} />;
}

function Top(props: { context?: ListContext }) {
  if (props.context?.atStart) return <div className={classes.top} />;
  return (
    <div className={classes.top} role="status">
      <Loader size="xs" type="dots" aria-label="Loading older messages" />
    </div>
  );
}

function Bottom(props: { context?: ListContext }) {
  const open = props.context?.ready ? props.context.open : undefined;
  const follow = props.context?.follow;
  const size = open && `${outboxOf(open).length} ${open.draft?.text?.length ?? 0} ${open.typing.length}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows when what is on its way grows
  useEffect(() => {
    follow?.();
  }, [size]);
  return open ? <OnItsWay open={open} /> : <div className={classes.bottom} />;
}

/** An answer being made, messages without an answer yet, who types. */
function OnItsWay(props: { open: OpenConversation }) {
  const { open } = props;
  return (
    <div className={classes.bottom}>
      {open.draft && <DraftRow draft={open.draft} />}
      {outboxOf(open).map((item) => (
        <OutboxRow key={item.client_id} item={item} />
      ))}
      {open.typing.length > 0 && !open.draft && <TypingRow open={open} />}
    </div>
  );
}

const outboxOf = ({ outbox, summary }: OpenConversation) =>
  outbox.filter((item) => item.session === summary?.id);

/** How much came since the end was last on the screen. */
function useFresh(newest: number, atEnd: boolean): number {
  const [seen, setSeen] = useState(newest);
  useEffect(() => {
    if (atEnd) setSeen(newest);
  }, [atEnd, newest]);
  return newest - seen;
}

/** The list is virtual, so it cannot be a live region itself: this one says each new message once. */
function Announcer(props: { events: SessionEvent[]; name: string }) {
  const last = props.events.findLast((event) => event.kind === "message");
  const first = useRef(last?.seq ?? 0);
  const text =
    last && last.kind === "message" && last.seq > first.current
      ? spoken(last.from, last.text, props.name)
      : "";
  return (
    <div role="log" aria-live="polite" aria-label="New messages" className="visually-hidden">
      {text && <p key={last?.seq}>{text}</p>}
    </div>
  );
}

function spoken(from: string, text: string, name: string): string {
  if (from === "customer") return `${name}: ${text}`;
  if (from === "assistant") return `Assistant: ${text}`;
  return "";
}
