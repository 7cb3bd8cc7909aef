import { Badge } from "@mantine/core";
import type { ReactNode } from "react";

const looks = {
  quiet: { bg: "var(--surface-hover)", c: "var(--mantine-color-text)" },
  accent: { bg: "var(--surface-selected)", c: "var(--mantine-color-text)" },
  warn: { bg: "var(--note-surface)", c: "var(--note-text)" },
  bad: { bg: "var(--surface-hover)", c: "var(--bad)" },
};

/** A short word about something, in colours that are readable on every surface. */
export function Chip(props: { kind?: keyof typeof looks; children: ReactNode }) {
  // As wide as its word: a table's column makes room for it instead of cutting it.
  return (
    <Badge {...looks[props.kind ?? "quiet"]} miw="max-content">
      {props.children}
    </Badge>
  );
}
