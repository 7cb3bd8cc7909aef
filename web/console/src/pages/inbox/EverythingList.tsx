// Every conversation of the organization: pages by REST, and the socket tells of every change while this is on the screen.
import { Button, Center, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { type Ref, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { api } from "../../api/client";
import type { Page, Summary } from "../../api/types";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { useNow } from "../../components/useNow";
import { useLive, useLiveStore } from "../../live/hooks";
import type { LiveState } from "../../live/state";
import { everything, type Wanted } from "./everything";
import classes from "./inbox.module.css";
import { SessionRow } from "./SessionRow";

const PAGE = 50;

const OWNERS = [
  { value: "open", label: "All open" },
  { value: "assistant", label: "With the assistant" },
  { value: "queue", label: "In the queue" },
  { value: "human", label: "With agents" },
  { value: "closed", label: "Closed" },
];

export function EverythingList(props: {
  ref: Ref<HTMLUListElement>;
  search: string;
  current: string | null;
}) {
  const [owner, setOwner] = useState("open");
  const [q] = useDebouncedValue(props.search.trim(), 250);
  const pages = useInfiniteQuery({
    queryKey: ["sessions", "list", owner, q],
    queryFn: ({ pageParam }) =>
      api.get<Page<Summary>>("/sessions", { owner, q, limit: PAGE, cursor: pageParam }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  useFollowing();
  return (
    <>
      <Select
        aria-label="Who has the conversation"
        className={classes.filter}
        variant="unstyled"
        size="xs"
        data={OWNERS}
        value={owner}
        allowDeselect={false}
        onChange={(value) => setOwner(value ?? "open")}
      />
      {pages.isPending ? (
        <LoadingRows rows={6} height={56} />
      ) : pages.isError && !pages.data ? (
        <ErrorState error={pages.error} retry={() => pages.refetch()} />
      ) : (
        <Rows
          ref={props.ref}
          list={pages.data.pages.flatMap((page) => page.items)}
          wanted={{ owner, q }}
          current={props.current}
          more={pages.hasNextPage ? () => pages.fetchNextPage() : null}
          loading={pages.isFetchingNextPage}
        />
      )}
    </>
  );
}

const phaseOf = (state: LiveState) => state.phase;

/** Hears of everything; after a break the pages are asked for again, since what was missed is not told. */
function useFollowing() {
  const store = useLiveStore();
  const client = useQueryClient();
  const phase = useLive(phaseOf);
  const broken = useRef(false);
  useEffect(() => store.followAll(), [store]);
  useEffect(() => {
    if (phase !== "open") broken.current = true;
    else if (broken.current) {
      broken.current = false;
      void client.invalidateQueries({ queryKey: ["sessions", "list"] });
    }
  }, [phase, client]);
}

function Rows(props: {
  ref: Ref<HTMLUListElement>;
  list: Summary[];
  wanted: Wanted;
  current: string | null;
  more: (() => void) | null;
  loading: boolean;
}) {
  const now = useNow(10_000);
  const store = useLiveStore();
  const live = useSyncExternalStore(store.subscribe, () => store.getState().summaries);
  const { list, wanted, more } = props;
  const { owner, q } = wanted;
  const shown = useMemo(
    () => everything(list, live, { owner, q }, more !== null),
    [list, live, owner, q, more],
  );
  if (shown.length === 0) return <EmptyState title="Nothing found">No conversation fits.</EmptyState>;
  return (
    <ul className={classes.rows} ref={props.ref}>
      {shown.map((summary) => (
        <SessionRow
          key={summary.id}
          summary={summary}
          now={now}
          current={summary.id === props.current}
          place={null}
          withOwner
        />
      ))}
      {props.more && (
        <li>
          <Center p="sm">
            <Button variant="default" size="xs" loading={props.loading} onClick={props.more}>
              Show more
            </Button>
          </Center>
        </li>
      )}
    </ul>
  );
}
