import { Collapse, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight, IconFileText } from "@tabler/icons-react";
import type { Recap } from "../api/types";
import { plain } from "../components/people";
import classes from "./Conversation.module.css";

/** What was asked, tried and known when the assistant handed over. */
export function RecapCard(props: { recap: Recap }) {
  const { asked, tried, known } = props.recap;
  const [opened, { toggle }] = useDisclosure(true);
  const facts = Object.entries(known ?? {});
  return (
    <section className={classes.recap} aria-label="Summary">
      <UnstyledButton className={classes.recapHead} onClick={toggle} aria-expanded={opened}>
        <IconFileText size={15} stroke={1.7} aria-hidden />
        <Text size="sm" fw={600}>
          Summary
        </Text>
        {!opened && asked && (
          <Text size="sm" c="dimmed" truncate flex={1}>
            {asked}
          </Text>
        )}
        {opened ? <IconChevronDown size={15} aria-hidden /> : <IconChevronRight size={15} aria-hidden />}
      </UnstyledButton>
      <Collapse expanded={opened}>
        <dl className={classes.recapList}>
          {asked && <Item term="Asked" text={asked} />}
          {tried && <Item term="Tried" text={tried} />}
          {facts.map(([name, value]) => (
            <Item key={name} term={plain(name)} text={String(value)} />
          ))}
        </dl>
      </Collapse>
    </section>
  );
}

function Item(props: { term: string; text: string }) {
  return (
    <div>
      <dt>{props.term}</dt>
      <dd>{props.text}</dd>
    </div>
  );
}
