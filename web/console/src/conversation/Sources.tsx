// What an answer rests on: a link to the very words in the knowledge, to the question that it answers, to the page, or only a name.
import { IconBook2, IconExternalLink, IconMessageQuestion } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "../api/client";
import type { Page, Source } from "../api/types";
import { faqAddress, isTitleOf, placeAddress, searchable } from "../components/places";
import classes from "./Conversation.module.css";
import { linkParts } from "./links";

const FAQS_MAX = 20;
/** Questions are seldom written anew; who does so here has them read again at once. */
const FAQ_STALE_MS = 5 * 60_000;

const keyOf = ({ title, url, cited }: Source) =>
  `${title} ${url ?? ""} ${cited?.document ?? ""} ${cited?.start ?? ""}`;

export function Sources(props: { sources: Source[] }) {
  const sources = new Map(props.sources.map((source) => [keyOf(source), source]));
  return (
    <ul className={classes.sources} aria-label="Sources">
      {[...sources].map(([key, source]) => (
        <li key={key}>
          <SourceLinks source={source} />
        </li>
      ))}
    </ul>
  );
}

function SourceLinks(props: { source: Source }) {
  const { title, url, cited } = props.source;
  const question = useQuestion(props.source);
  const place = cited ? placeAddress(cited) : question && faqAddress(question);
  const isPage = url && linkParts(url)[0]?.href === url;
  if (place) {
    const Icon = cited ? IconBook2 : IconMessageQuestion;
    return (
      <>
        <Link href={place} title={cited ? `Read it in “${title}”` : `See the answer to “${title}”`}>
          <Icon size={13} aria-hidden />
          <b>{title}</b>
        </Link>
        {question && isPage && (
          <a
            href={url}
            target="_blank"
            rel="noopener noreferrer"
            title={url}
            aria-label={`Page of “${title}”`}
          >
            <IconExternalLink size={13} aria-hidden />
          </a>
        )}
      </>
    );
  }
  if (!isPage) {
    return (
      <span title={title}>
        <b>{title}</b>
      </span>
    );
  }
  return (
    <a href={url} target="_blank" rel="noopener noreferrer" title={url}>
      <b>{title}</b>
      <IconExternalLink size={13} aria-hidden />
    </a>
  );
}

/** The question with an answer that a source is. The log names it by its words alone, so it is looked up by them. */
function useQuestion({ title, cited }: Source): string | null {
  const found = useQuery({
    queryKey: ["knowledge", "faqs", "titled", title],
    queryFn: () =>
      api.get<Page<{ question: string }>>("/knowledge/faqs", { q: searchable(title), limit: FAQS_MAX }),
    enabled: !cited,
    staleTime: FAQ_STALE_MS,
  });
  return found.data?.items.find(({ question }) => isTitleOf(title, question))?.question ?? null;
}
