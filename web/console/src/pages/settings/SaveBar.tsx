import { Button, Group, Text } from "@mantine/core";
import { ApiError } from "../../api/client";
import { formError } from "../../components/fieldErrors";
import classes from "./Settings.module.css";
import type { Edited } from "./useSection";

/** Stays in sight at the foot while something is not saved yet, and says why it can not be. */
export function SaveBar(props: { edited: Edited<unknown>; shown: string[]; problem: string | null }) {
  const { edited, problem } = props;
  if (!edited.dirty) return null;
  const refused = edited.error ? refusalOf(edited.error, props.shown) : null;
  return (
    <div className={classes.savebar}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" role="status" c={problem || refused ? "var(--bad)" : undefined}>
          {problem ?? refused ?? "You have changes that are not saved yet."}
        </Text>
        <Group gap="xs" wrap="nowrap">
          <Button variant="default" onClick={edited.discard} disabled={edited.saving}>
            Discard
          </Button>
          <Button onClick={edited.save} loading={edited.saving} disabled={problem !== null}>
            Save changes
          </Button>
        </Group>
      </Group>
    </div>
  );
}

function refusalOf(error: unknown, shown: string[]): string {
  if (error instanceof ApiError && error.code === "conflict") {
    return `Not saved: ${error.message}. Discard to see theirs, or save again to keep yours.`;
  }
  return formError(error, shown) ?? "Not saved: see the field above.";
}
