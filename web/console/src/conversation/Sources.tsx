// What an answer rests on: a link to the very words in the knowledge, to the page, or only a name.
import { IconBook2, IconExternalLink } from "@tabler/icons-react";
import { Link } from "wouter";
import type { Source } from "../api/types";
import { placeAddress } from "../components/places";
import classes from "./Conversation.module.css";
import { linkParts } from "./links";

export function Sources(props: { sources: Source[] }) {
  return (
    <ul className={classes.sources} aria-label="Sources">
      {props.sources.map((source) => (
        <li
          key={`${source.title} ${source.url ?? ""} ${source.cited?.document ?? ""} ${source.cited?.start ?? ""}`}
        >
          <SourceLink source={source} />
        </li>
      ))}
    </ul>
  );
}

function SourceLink(props: { source: Source }) {
  const { title, url, cited } = props.source;
  if (cited) {
    return (
      <Link href={placeAddress(cited)} title={`Read it in “${title}”`}>
        <IconBook2 size={13} aria-hidden />
        <b>{title}</b>
      </Link>
    );
  }
  const isPage = url && linkParts(url)[0]?.href === url;
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
