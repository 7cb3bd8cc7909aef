// Every conversation of the organization, by REST; what the socket knows better is taken from there.
import { Button, Center, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type Ref, useState, useSyncExternalStore } from "react";
import { api } from "../../api/client";
import type { Page, Summary } from "../../api/types";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { useNow } from "../../components/useNow";
import { useLiveStore } from "../../live/hooks";
import classes from "./inbox.module.css";
import { SessionRow } from "./SessionRow";

const PAGE = 50;
const REFRESH_MS = 15_000;

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
    refetchInterval: REFRESH_MS,
  });
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
          current={props.current}
          more={pages.hasNextPage ? () => pages.fetchNextPage() : null}
          loading={pages.isFetchingNextPage}
        />
      )}
    </>
  );
}

function Rows(props: {
  ref: Ref<HTMLUListElement>;
  list: Summary[];
  current: string | null;
  more: (() => void) | null;
  loading: boolean;
}) {
  const now = useNow(10_000);
  const store = useLiveStore();
  const live = useSyncExternalStore(store.subscribe, () => store.getState().summaries);
  const unique = [...new Map(props.list.map((summary) => [summary.id, summary])).values()];
  if (unique.length === 0) return <EmptyState title="Nothing found">No conversation fits.</EmptyState>;
  return (
    <ul className={classes.rows} ref={props.ref}>
      {unique.map((summary) => {
        const known = live[summary.id];
        const newer = known && known.seq >= summary.seq ? known : summary;
        return (
          <SessionRow
            key={summary.id}
            summary={newer}
            now={now}
            current={summary.id === props.current}
            place={null}
            withOwner
          />
        );
      })}
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
