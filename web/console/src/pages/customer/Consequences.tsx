import { List, Stack, Text } from "@mantine/core";
import type { Customer, Page, Summary } from "../../api/types";
import { words } from "../../components/labels";
import { nameOf, useHistory } from "./queries";

/** What a merge will do, in sentences about these two records. */
export function Consequences(props: { kept: Customer; gone: Customer }) {
  const { kept, gone } = props;
  const history = useHistory(gone.id);
  const first = history.data?.pages[0];
  const added = Object.keys(gone.facts).filter((key) => !(key in kept.facts));
  const dropped = Object.keys(gone.facts).filter(
    (key) => key in kept.facts && gone.facts[key] !== kept.facts[key],
  );
  const tags = gone.tags.filter((tag) => !kept.tags.includes(tag));
  return (
    <Stack gap={4} aria-live="polite">
      <Text size="sm" fw={500}>
        What will happen
      </Text>
      <List size="sm" spacing={4}>
        <List.Item>
          {nameOf(kept)} stays, with the name and addresses that it has. {nameOf(gone)} leads there from now
          on, and its next message arrives there.
        </List.Item>
        <List.Item>{movedText(first, nameOf(gone), nameOf(kept))}</List.Item>
        {added.length > 0 && <List.Item>Facts that are taken over: {list(added)}.</List.Item>}
        {dropped.length > 0 && (
          <List.Item>
            Facts that both have stay as {nameOf(kept)} has them:{" "}
            {dropped.map((key) => `${words(key)} (${kept.facts[key]}, not ${gone.facts[key]})`).join(", ")}.
          </List.Item>
        )}
        {tags.length > 0 && <List.Item>Tags that are added: {tags.join(", ")}.</List.Item>}
      </List>
    </Stack>
  );
}

function movedText(page: Page<Summary> | undefined, gone: string, kept: string): string {
  if (!page) return `The conversations of ${gone} will be shown under ${kept}.`;
  const count = page.items.length;
  if (count === 0) return `${gone} has no conversations of its own.`;
  if (page.next) return `All conversations of ${gone}, more than ${count}, will be shown under ${kept}.`;
  return `${count} ${count === 1 ? "conversation" : "conversations"} of ${gone} will be shown under ${kept}.`;
}

function list(keys: string[]): string {
  return keys.map((key) => words(key).toLowerCase()).join(", ");
}
