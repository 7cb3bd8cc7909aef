import {
  IconFileText,
  IconFileTypeDocx,
  IconFileTypeHtml,
  IconFileTypePdf,
  IconMarkdown,
  IconWorld,
} from "@tabler/icons-react";
import classes from "./Knowledge.module.css";
import type { DocumentKind } from "./types";

const ICONS = {
  text: IconFileText,
  markdown: IconMarkdown,
  html: IconFileTypeHtml,
  pdf: IconFileTypePdf,
  docx: IconFileTypeDocx,
  url: IconWorld,
};

/** A picture beside the words that say the same. */
export function KindIcon(props: { kind: DocumentKind }) {
  const Icon = ICONS[props.kind] ?? IconFileText;
  return (
    <span className={classes.kind} aria-hidden>
      <Icon size={18} stroke={1.6} />
    </span>
  );
}
