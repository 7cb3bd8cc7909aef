import { Alert, Badge, CloseButton, SegmentedControl, TextInput } from "@mantine/core";
import { IconMoonStars, IconSearch } from "@tabler/icons-react";
import { useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Summary } from "../../api/types";
import { EmptyState, LoadingRows } from "../../components/states";
import { useNow } from "../../components/useNow";
import { useLive, useLiveStore } from "../../live/hooks";
import { type LiveState, mineOf, queueOf } from "../../live/state";
import { useCommands } from "../../shell/commands";
import { setPrefs, usePrefs } from "../../shell/prefs";
import { EverythingList } from "./EverythingList";
import { textOf } from "./everything";
import classes from "./inbox.module.css";
import { SessionRow } from "./SessionRow";

const readyOf = (state: LiveState) => state.ready;
const openOf = (state: LiveState) => state.open;
const queueTotalOf = (state: LiveState) => state.queueTotal;

const EMPTY = {
  queue: { title: "The queue is empty", text: "Nobody waits for a person." },
  mine: {
    title: "You have no conversations",
    text: "Offers appear here as soon as a customer needs a person.",
  },
};

/** The queue and what this person has, recomputed only when the socket says something new. */
function useDeskLists(): { queue: Summary[]; mine: Summary[] } {
  const store = useLiveStore();
  const summaries = useSyncExternalStore(store.subscribe, () => store.getState().summaries);
  const me = useSyncExternalStore(store.subscribe, () => store.getState().me);
  return useMemo(() => ({ queue: queueOf({ summaries }), mine: mineOf({ summaries, me }) }), [summaries, me]);
}

export function Lists(props: { current: string | null }) {
  const { list } = usePrefs();
  const { queue, mine } = useDeskLists();
  const ready = useLive(readyOf);
  const open = useLive(openOf);
  const queueTotal = useLive(queueTotalOf);
  const [search, setSearch] = useState("");
  const rows = useRef<HTMLUListElement>(null);
  useListKeys(rows);

  return (
    <section className={classes.lists} aria-label="Conversations">
      <div className={classes.head}>
        <SegmentedControl
          fullWidth
          size="sm"
          role="radiogroup"
          aria-label="List"
          value={list}
          onChange={(value) => setPrefs({ list: value as typeof list })}
          data={[
            { value: "mine", label: <Label text="Mine" count={mine.length} /> },
            { value: "queue", label: <Label text="Queue" count={queueTotal} /> },
            { value: "all", label: "All" },
          ]}
        />
        <TextInput
          aria-label="Search these conversations"
          placeholder={list === "all" ? "Search all: name, id, last message" : "Filter this list"}
          leftSection={<IconSearch size={15} />}
          rightSection={
            search && <CloseButton size="sm" aria-label="Empty the search" onClick={() => setSearch("")} />
          }
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        {!open && (
          <Alert p="xs" color="gray" icon={<IconMoonStars size={16} />}>
            Outside business hours
          </Alert>
        )}
      </div>
      {list === "all" ? (
        <EverythingList ref={rows} search={search} current={props.current} />
      ) : ready ? (
        <DeskList
          ref={rows}
          which={list}
          list={list === "queue" ? queue : mine}
          search={search}
          current={props.current}
        />
      ) : (
        <LoadingRows rows={5} height={56} />
      )}
    </section>
  );
}

function Label(props: { text: string; count: number }) {
  return (
    <span>
      {props.text}{" "}
      <Badge size="xs" variant="light" color={props.count > 0 ? "accent" : "gray"}>
        {props.count}
      </Badge>
    </span>
  );
}

function DeskList(props: {
  ref: React.Ref<HTMLUListElement>;
  which: "queue" | "mine";
  list: Summary[];
  search: string;
  current: string | null;
}) {
  const now = useNow(1_000);
  const wanted = props.search.trim().toLowerCase();
  const shown = wanted ? props.list.filter((summary) => textOf(summary).includes(wanted)) : props.list;
  if (shown.length === 0) {
    const { title, text } = wanted
      ? { title: "Nothing found", text: "Try the list of all." }
      : EMPTY[props.which];
    return <EmptyState title={title}>{text}</EmptyState>;
  }
  return (
    <ul className={classes.rows} ref={props.ref}>
      {shown.map((summary) => (
        <SessionRow
          key={summary.id}
          summary={summary}
          now={now}
          current={summary.id === props.current}
          // Others who come and go are told by their own summaries: the order here is newer than each one's place.
          place={props.which === "queue" ? props.list.indexOf(summary) + 1 : null}
        />
      ))}
    </ul>
  );
}

/** j and k move the focus from row to row; Enter is the link's own. */
function useListKeys(rows: React.RefObject<HTMLUListElement | null>) {
  const move = (step: number) => {
    const links = [...(rows.current?.querySelectorAll<HTMLElement>("a") ?? [])];
    const focused = links.indexOf(document.activeElement as HTMLElement);
    const from =
      focused >= 0 ? focused : links.findIndex((link) => link.getAttribute("aria-current") === "page");
    links[from < 0 ? 0 : Math.min(links.length - 1, Math.max(0, from + step))]?.focus();
  };
  const show = (list: "mine" | "queue" | "all") => () => setPrefs({ list });
  useCommands([
    { id: "list-next", label: "Next conversation", group: "Lists", key: "j", run: () => move(1) },
    { id: "list-previous", label: "Previous conversation", group: "Lists", key: "k", run: () => move(-1) },
    { id: "list-mine", label: "Show mine", group: "Lists", key: "1", run: show("mine") },
    { id: "list-queue", label: "Show the queue", group: "Lists", key: "2", run: show("queue") },
    { id: "list-all", label: "Show all", group: "Lists", key: "3", run: show("all") },
  ]);
}
