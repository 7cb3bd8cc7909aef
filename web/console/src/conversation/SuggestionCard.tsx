import { Button, CloseButton, Group, Text } from "@mantine/core";
import { IconSparkles } from "@tabler/icons-react";
import { useState } from "react";
import type { EventOf } from "../api/types";
import classes from "./Composer.module.css";
import { Written } from "./rows";
import { Sources } from "./Sources";

/** What the assistant would say, and what it rests on. Nothing is sent by it: "Use" puts it into the composer. */
export function SuggestionCard(props: { suggestion: EventOf<"suggested">; onUse: (text: string) => void }) {
  const { suggestion } = props;
  const [dismissed, setDismissed] = useState<number | null>(null);
  if (dismissed === suggestion.seq || !suggestion.text) return null;
  const text = suggestion.text;
  return (
    <section className={classes.suggestion} aria-label="Suggested reply">
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Group gap={6}>
          <IconSparkles size={14} aria-hidden />
          <Text size="xs" fw={600}>
            Suggested reply
          </Text>
          {suggestion.confidence !== null && (
            <Text size="xs" c="dimmed">
              {Math.round(suggestion.confidence * 100)} % sure
            </Text>
          )}
        </Group>
        <Group gap={4} wrap="nowrap">
          <Button size="compact-xs" onClick={() => props.onUse(text)}>
            Use
          </Button>
          <CloseButton
            size="sm"
            aria-label="Dismiss the suggestion"
            onClick={() => setDismissed(suggestion.seq)}
          />
        </Group>
      </Group>
      <div className={classes.suggestionText}>
        <Written text={text} />
      </div>
      {suggestion.sources.length > 0 && <Sources sources={suggestion.sources} />}
    </section>
  );
}
