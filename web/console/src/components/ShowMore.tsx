import { Button, Text } from "@mantine/core";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { explain } from "./states";

type List = Pick<
  UseInfiniteQueryResult,
  "hasNextPage" | "isFetchingNextPage" | "isFetchNextPageError" | "error" | "fetchNextPage"
>;

/** Below a list: its next page, and why that did not come. */
export function ShowMore(props: { of: List; label?: string }) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, error, fetchNextPage } = props.of;
  if (!hasNextPage) return null;
  return (
    <>
      {isFetchNextPageError && (
        <Text size="sm" c="var(--bad)" ta="center" pt="xs" role="alert">
          {explain(error)}
        </Text>
      )}
      <Button variant="subtle" fullWidth loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
        {props.label ?? "Show more"}
      </Button>
    </>
  );
}
