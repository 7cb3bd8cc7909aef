// A search as the assistant does it, with what it would not tell a customer: why something is found, and why not.
import { Anchor, Badge, Button, Group, Text, TextInput } from "@mantine/core";
import { IconSearch, IconZoomQuestion } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { faqAddress, placeAddress } from "../../components/places";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { linkParts } from "../../conversation/links";
import classes from "./Knowledge.module.css";
import { runsOf } from "./pieces";
import { useFound } from "./queries";
import type { Found, Hit } from "./types";

const QUERY_MAX_CHARS = 2000;

export function SearchTab() {
  const [typed, setTyped] = useState("");
  const [query, setQuery] = useState("");
  const found = useFound(query);
  function submit(event: FormEvent) {
    event.preventDefault();
    // The same question once more: the knowledge may be another one by now.
    if (typed.trim() === query) void found.refetch();
    setQuery(typed.trim());
  }
  return (
    <>
      <form onSubmit={submit}>
        <Group gap="xs" mb="md" align="flex-end">
          <TextInput
            label="A customer’s question"
            description="Ask as a customer would. Everything that comes near is shown, with how near it is."
            type="search"
            style={{ flex: 1 }}
            maxLength={QUERY_MAX_CHARS}
            leftSection={<IconSearch size={16} />}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button type="submit" disabled={!typed.trim()} loading={found.isFetching}>
            Search
          </Button>
        </Group>
      </form>
      {query === "" && (
        <EmptyState
          title="See what the assistant would find"
          icon={<IconZoomQuestion size={22} stroke={1.6} />}
        >
          Nothing is sent to a customer, and no question is counted.
        </EmptyState>
      )}
      {query !== "" && found.isPending && <LoadingRows rows={4} height={96} label="Searching" />}
      {found.isError && (
        <ErrorState title="The search failed" error={found.error} retry={() => found.refetch()} />
      )}
      {found.data && <Hits found={found.data} old={found.isPlaceholderData} />}
    </>
  );
}

function Hits(props: { found: Found; old: boolean }) {
  const { hits, floor } = props.found;
  const above = hits.filter((hit) => hit.relevance >= floor);
  const below = hits.filter((hit) => hit.relevance < floor);
  const said =
    above.length === 0
      ? "Nothing is relevant enough for an answer."
      : `${above.length} relevant enough for an answer.`;
  return (
    <section aria-label="What was found" aria-busy={props.old} style={{ opacity: props.old ? 0.6 : 1 }}>
      <Text size="sm" mb="sm" role="status">
        {hits.length === 0 ? "Nothing comes near." : said}
      </Text>
      {above.length > 0 && <HitList hits={above} below={false} />}
      {below.length > 0 && (
        <>
          <div className={classes.floor}>Below {floor.toFixed(2)} the assistant uses nothing</div>
          <HitList hits={below} below />
        </>
      )}
    </section>
  );
}

function HitList(props: { hits: Hit[]; below: boolean }) {
  return (
    <ul className={classes.hits} aria-label={props.below ? "Below the floor" : "Above the floor"}>
      {props.hits.map((hit) => (
        <li key={hit.key} className={classes.hit} data-below={props.below || undefined}>
          <Group justify="space-between" wrap="nowrap" gap="sm">
            <HitTitle hit={hit} />
            <Badge color={props.below ? "gray" : "green"} miw="max-content">
              {props.below ? "Below the floor" : "Above the floor"}
            </Badge>
          </Group>
          <p className={classes.passage} dir="auto">
            <Marked hit={hit} />
          </p>
          <div className={classes.scores}>
            <Score name="Relevance" value={hit.relevance} />
            <Score name="Words" value={hit.lexical} />
            <Score name="Meaning" value={hit.similarity} />
          </div>
        </li>
      ))}
    </ul>
  );
}

const KINDS = { chunk: "Source", faq: "FAQ", vector: "From the API" };

function HitTitle(props: { hit: Hit }) {
  const { hit } = props;
  const place =
    hit.document && hit.span
      ? placeAddress({ document: hit.document, ...hit.span })
      : hit.faq
        ? faqAddress(hit.title)
        : null;
  const isPage = hit.url !== null && linkParts(hit.url)[0]?.href === hit.url;
  return (
    <div style={{ minWidth: 0 }}>
      {place ? (
        <Anchor component={Link} href={place} size="sm" fw={600}>
          {hit.title}
        </Anchor>
      ) : (
        <Text size="sm" fw={600} component="span">
          {hit.title}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {KINDS[hit.kind]}
        {hit.span && ` · characters ${hit.span.start.toLocaleString()} to ${hit.span.end.toLocaleString()}`}
        {isPage && (
          <>
            {" · "}
            <a
              href={hit.url ?? undefined}
              target="_blank"
              rel="noopener noreferrer"
              style={{ color: "inherit" }}
            >
              {hit.url}
            </a>
          </>
        )}
      </Text>
    </div>
  );
}

function Marked(props: { hit: Hit }) {
  let at = 0;
  return runsOf(props.hit.text, props.hit.highlights).map(({ text, marked }) => {
    const key = at;
    at += text.length;
    return marked ? <mark key={key}>{text}</mark> : <span key={key}>{text}</span>;
  });
}

/** Without the sign of a zero. */
const twoDigits = (value: number) => (Math.abs(value) < 0.005 ? 0 : value).toFixed(2);

function Score(props: { name: string; value: number }) {
  const share = Math.max(0, Math.min(1, props.value));
  return (
    <div className={classes.score}>
      <span>{props.name}</span>
      <div className={classes.track} aria-hidden>
        <div className={classes.fill} style={{ width: `${share * 100}%` }} />
      </div>
      <span style={{ fontVariantNumeric: "tabular-nums" }}>{twoDigits(props.value)}</span>
    </div>
  );
}
