// Ratings, channels and intents as bars with their figures: a list reads as well by ear as by eye, so it needs no second form.
import { SimpleGrid } from "@mantine/core";
import type { Dashboard } from "../../api/types";
import { channelLabel, words } from "../../components/labels";
import { Section } from "../../components/Section";
import { Bars, type Share } from "./Bars";

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

function byAmount(shares: Share[]): Share[] {
  return [...shares].sort((a, b) => b.amount - a.amount);
}
