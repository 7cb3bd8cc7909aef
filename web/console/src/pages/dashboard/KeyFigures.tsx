import { Paper, SimpleGrid, Text, VisuallyHidden } from "@mantine/core";
import { IconArrowDownRight, IconArrowUpRight } from "@tabler/icons-react";
import type { Dashboard } from "../../api/types";
import { count } from "../../components/labels";
import classes from "./Dashboard.module.css";
import { changeOf, formatMs, formatRating, formatShare } from "./figures";

type Totals = Dashboard["totals"];

interface Figure {
  label: string;
  text: (totals: Totals) => string;
  value: (totals: Totals) => number | null;
  /** Whether more is better; null where it is neither. */
  more: "better" | "worse" | null;
  hint?: (totals: Totals) => string;
}

const figures: Figure[] = [
  {
    label: "Conversations",
    text: (totals) => totals.conversations.toLocaleString(),
    value: (totals) => totals.conversations,
    more: null,
    hint: (totals) => count(totals.messages, "message"),
  },
  {
    label: "Assistant resolved",
    text: (totals) => formatShare(totals.resolved_by_assistant, totals.resolved),
    value: (totals) => (totals.resolved > 0 ? totals.resolved_by_assistant / totals.resolved : null),
    more: "better",
    hint: (totals) =>
      `${totals.resolved_by_assistant.toLocaleString()} of ${totals.resolved.toLocaleString()}`,
  },
  {
    label: "Handed to a person",
    text: (totals) => totals.handovers.toLocaleString(),
    value: (totals) => totals.handovers,
    more: null,
    hint: (totals) =>
      totals.conversations > 0
        ? `${formatShare(totals.handovers, totals.conversations)} of conversations`
        : "No conversations",
  },
  {
    label: "First response",
    text: (totals) => formatMs(totals.first_response_ms),
    value: (totals) => totals.first_response_ms,
    more: "worse",
    hint: () => "On average",
  },
  {
    label: "Wait for a person",
    text: (totals) => formatMs(totals.wait_ms),
    value: (totals) => totals.wait_ms,
    more: "worse",
    hint: () => "On average",
  },
  {
    label: "Rating",
    text: (totals) => formatRating(totals.rating.average),
    value: (totals) => totals.rating.average,
    more: "better",
    hint: ({ rating }) =>
      `Of 5, ${rating.count.toLocaleString()} ${rating.count === 1 ? "rating" : "ratings"}`,
  },
];

/** The figures that somebody opens this page for, each with its change against the days before. */
export function KeyFigures(props: { totals: Totals; earlier: Totals | undefined }) {
  const { totals, earlier } = props;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm">
      {figures.map((figure) => (
        <Paper key={figure.label} className={classes.figure} bg="var(--surface)">
          <Text size="xs" c="dimmed" fw={500}>
            {figure.label}
          </Text>
          <span className={classes.number}>{figure.text(totals)}</span>
          <Text size="xs" c="dimmed">
            {figure.hint?.(totals)}
          </Text>
          <Change
            percent={changeOf(figure.value(totals), earlier && figure.value(earlier))}
            more={figure.more}
          />
        </Paper>
      ))}
    </SimpleGrid>
  );
}

function Change(props: { percent: number | null; more: Figure["more"] }) {
  const { percent, more } = props;
  if (percent === null) return <span className={classes.change}>Nothing before</span>;
  if (percent === 0) return <span className={classes.change}>As before</span>;
  const up = percent > 0;
  const Arrow = up ? IconArrowUpRight : IconArrowDownRight;
  const good = more === null ? undefined : up === (more === "better");
  return (
    <span className={classes.change} data-good={good}>
      <Arrow size={14} aria-hidden />
      {Math.abs(percent)} % {up ? "more" : "less"}
      {good !== undefined && <VisuallyHidden>, which is {good ? "better" : "worse"}</VisuallyHidden>}
    </span>
  );
}
