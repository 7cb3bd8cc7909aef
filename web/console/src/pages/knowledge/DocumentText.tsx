// A source's text by stretches, so that a long one costs no more than a short one. The cited words are marked, scrolled
// to and focused, and where chunks and pages begin stands in the margin.
import { Button, Switch } from "@mantine/core";
import { memo, type ReactNode, useEffect, useRef, useState } from "react";
import { Section } from "../../components/Section";
import { ErrorState, LoadingRows } from "../../components/states";
import classes from "./Knowledge.module.css";
import { groupsOf, type Piece, piecesOf } from "./pieces";
import { useChunks, useText } from "./queries";
import type { KnowledgeDocument, Range, Stretch } from "./types";

export function DocumentText(props: { document: KnowledgeDocument; range: Range | null }) {
  const { document, range } = props;
  const [chunks, setChunks] = useState(true);
  const text = useText(document.id, document.live, range?.start ?? 0);
  const shown = useRef<HTMLDivElement>(null);
  const found = useShownOnce(shown, range !== null && text.isSuccess);
  if (text.isPending) return <LoadingRows rows={8} height={24} label="Loading the text" />;
  if (text.isError && !text.data) return <ErrorState error={text.error} retry={() => text.refetch()} />;
  const [first, last] = [text.data.pages[0], text.data.pages.at(-1)];
  return (
    <Section
      title="Text"
      hint={range ? "The words that the answer cites are marked" : hintOf(document)}
      flush
      actions={
        <Switch
          size="sm"
          label="Where chunks begin"
          checked={chunks}
          onChange={(event) => setChunks(event.currentTarget.checked)}
        />
      }
    >
      <div className="visually-hidden" role="status">
        {found === "marked" && "The cited passage is marked and has the focus."}
        {found === "gone" && "The cited passage is not in this text."}
      </div>
      {text.hasPreviousPage && (
        <More
          label={`Show the text before (from character ${(first?.start ?? 0).toLocaleString()})`}
          loading={text.isFetchingPreviousPage}
          more={() => text.fetchPreviousPage()}
        />
      )}
      <div className={classes.paper} ref={shown} lang={first?.language ?? undefined} dir="auto">
        {text.data.pages.map((stretch) => (
          <StretchText
            key={stretch.start}
            stretch={stretch}
            document={document}
            start={range?.start ?? null}
            end={range?.end ?? null}
            chunks={chunks}
          />
        ))}
      </div>
      {text.hasNextPage && last && (
        <More
          label="Show more of the text"
          loading={text.isFetchingNextPage}
          more={() => text.fetchNextPage()}
        />
      )}
    </Section>
  );
}

const hintOf = (document: KnowledgeDocument) =>
  `As it was read. Chunks overlap by up to ${document.overlap_chars.toLocaleString()} characters`;

function More(props: { label: string; loading: boolean; more: () => unknown }) {
  return (
    <div className={classes.more}>
      <Button variant="subtle" size="xs" loading={props.loading} onClick={() => void props.more()}>
        {props.label}
      </Button>
    </div>
  );
}

/** Scrolls to the marked words and focuses them, once. */
function useShownOnce(shown: React.RefObject<HTMLDivElement | null>, ready: boolean) {
  const [found, setFound] = useState<"marked" | "gone" | null>(null);
  useEffect(() => {
    if (!ready || found) return;
    const mark = shown.current?.querySelector("mark");
    setFound(mark ? "marked" : "gone");
    if (!mark) return;
    mark.scrollIntoView({ block: "center" });
    mark.focus({ preventScroll: true });
  }, [ready, found, shown]);
  return found;
}

interface StretchProps {
  stretch: Stretch;
  document: KnowledgeDocument;
  /** Of the cited words; null where none are. */
  start: number | null;
  end: number | null;
  chunks: boolean;
}

/** One stretch; what is the same is not cut again when another stretch comes. */
const StretchText = memo(function StretchText(props: StretchProps) {
  const { stretch, document, start, end } = props;
  const behind = stretch.start + Array.from(stretch.text).length;
  const chunks = useChunks(document, stretch.start, behind);
  const marks = start !== null && end !== null ? [{ start, end }] : [];
  const pieces = piecesOf(stretch, marks, props.chunks ? (chunks.data ?? []) : [], stretch.pages);
  return groupsOf(pieces).map((group) => {
    const key = group.pieces[0]?.at;
    const words = group.pieces.map((piece) => <Words key={piece.at} piece={piece} />);
    return group.marked ? (
      // Focused when the page opens, so that a keyboard and a screen reader begin where the eye does.
      <mark key={key} tabIndex={-1}>
        {words}
      </mark>
    ) : (
      <span key={key}>{words}</span>
    );
  });
});

function Words(props: { piece: Piece }): ReactNode {
  const { text, chunks, pages } = props.piece;
  const labels = [...pages.map((page) => `Page ${page}`), ...chunks.map((chunk) => `#${chunk}`)];
  return (
    <>
      {labels.length > 0 && (
        <span
          className={classes.begins}
          data-kind={pages.length > 0 ? "page" : "chunk"}
          data-label={labels.join(" · ")}
          aria-hidden
        />
      )}
      {text}
    </>
  );
}
