import { Group, NumberInput, Text } from "@mantine/core";
import classes from "./Knowledge.module.css";
import { chunkingProblem } from "./states";
import type { Chunking } from "./types";

/** Empty fields are the usual lengths. */
export interface ChunkingFields {
  chunk: number | "";
  overlap: number | "";
}

export const noChunking: ChunkingFields = { chunk: "", overlap: "" };

export function chunkingOf(fields: ChunkingFields): Chunking {
  return {
    ...(fields.chunk === "" ? {} : { chunk_chars: fields.chunk }),
    ...(fields.overlap === "" ? {} : { overlap_chars: fields.overlap }),
  };
}

/** How a source is cut into the chunks that are found; few need to change it. */
export function Advanced(props: {
  fields: ChunkingFields;
  change: (fields: ChunkingFields) => void;
  usual: number;
  overlap: number | undefined;
}) {
  const { fields, change, usual } = props;
  const numberOf = (value: number | string) => (typeof value === "number" ? value : "");
  const problem = chunkingProblem(fields.chunk, fields.overlap, usual);
  return (
    <details
      className={classes.advanced}
      // What keeps the form from being sent stays in sight.
      onToggle={(event) => {
        if (problem) event.currentTarget.open = true;
      }}
    >
      <summary>Advanced</summary>
      <Text size="xs" c="dimmed" my="xs">
        Sources are cut into chunks, and an answer cites the chunks that it comes from. Short ones are found
        more precisely, long ones tell more of the context.
      </Text>
      <Group grow align="flex-start">
        <NumberInput
          label="Chunk size"
          description="Characters, at most"
          placeholder={String(usual)}
          allowDecimal={false}
          min={50}
          max={8000}
          step={100}
          clampBehavior="none"
          value={fields.chunk}
          error={problem}
          onChange={(value) => change({ ...fields, chunk: numberOf(value) })}
        />
        <NumberInput
          label="Overlap"
          description="Characters that the next chunk repeats"
          placeholder={props.overlap === undefined ? undefined : String(props.overlap)}
          allowDecimal={false}
          allowNegative={false}
          min={0}
          max={7999}
          step={10}
          clampBehavior="none"
          value={fields.overlap}
          onChange={(value) => change({ ...fields, overlap: numberOf(value) })}
        />
      </Group>
    </details>
  );
}
