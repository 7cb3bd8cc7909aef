// Ratings, channels and intents as bars with their figures: a list reads as well by ear as by eye, so it needs no second form.
import { SimpleGrid, Text } from "@mantine/core";
import type { Dashboard } from "../../api/types";
import { channelLabel, words } from "../../components/labels";
import { Section } from "../../components/Section";
import { EmptyState } from "../../components/states";
import classes from "./Dashboard.module.css";
import { formatShare } from "./figures";

const INTENTS_SHOWN = 10;

interface Share {
  label: string;
  amount: number;
}

export function Shares(props: { dashboard: Dashboard }) {
  const scores = props.dashboard.totals.rating.scores
    .map((given, index) => ({ label: `${index + 1} of 5`, amount: given }))
    .reverse();
  const channels = byAmount(
    props.dashboard.channels.map(({ channel, conversations }) => ({
      label: channelLabel(channel),
      amount: conversations,
    })),
  );
  const intents = byAmount(
    props.dashboard.intents.map(({ intent, turns }) => ({
      label: words(intent),
      amount: turns,
    })),
  );
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
      <Section title="Ratings" hint="How often each score was given">
        <Bars shares={scores} unit="times" />
      </Section>
      <Section title="Channels" hint="Conversations by where they came from">
        <Bars shares={channels} unit="conversations" />
      </Section>
      <Section title="Intents" hint="Customers’ turns by what they were about">
        <Bars shares={intents} unit="turns" />
      </Section>
    </SimpleGrid>
  );
}

function Bars(props: { shares: Share[]; unit: string }) {
  const sorted = props.shares;
  const total = sorted.reduce((sum, share) => sum + share.amount, 0);
  if (total === 0) return <EmptyState title="Nothing in these days" />;
  const shown = sorted.slice(0, INTENTS_SHOWN);
  const rest = sorted.slice(INTENTS_SHOWN).reduce((sum, share) => sum + share.amount, 0);
  if (rest > 0) shown.push({ label: `${sorted.length - INTENTS_SHOWN} others`, amount: rest });
  const largest = Math.max(...shown.map((share) => share.amount));
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {shown.map((share) => (
        <li key={share.label} className={classes.share}>
          <Text size="sm" truncate title={share.label}>
            {share.label}
          </Text>
          <div aria-hidden="true">
            <div
              className={classes.bar}
              style={{ width: share.amount > 0 ? `max(3px, ${(share.amount / largest) * 100}%)` : 0 }}
            />
          </div>
          <span className={classes.amount}>
            {share.amount.toLocaleString()}
            <span className="visually-hidden"> {props.unit},</span>{" "}
            <Text span size="xs" c="dimmed">
              {formatShare(share.amount, total)}
            </Text>
          </span>
        </li>
      ))}
    </ul>
  );
}

function byAmount(shares: Share[]): Share[] {
  return [...shares].sort((a, b) => b.amount - a.amount);
}
