import { Radio, Stack, TagsInput } from "@mantine/core";
import type { DeskSettings } from "../../api/types";
import { fieldError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import type { Edited } from "./useSection";

const REASON_MAX_CHARS = 100;
const REASONS_MAX = 50;

/** What an agent chooses when they close, and when the customer is asked for a rating. */
export function ClosingTab(props: { desk: Edited<DeskSettings> }) {
  const { desk } = props;
  const { close_reasons: reasons, rating } = desk.value;
  return (
    <Stack>
      <Section title="Reasons for closing">
        <TagsInput
          label="Agents choose one of these"
          description="In this order. Type one and press Enter"
          maw={560}
          maxTags={REASONS_MAX}
          value={reasons}
          error={reasons.length === 0 ? "Keep at least one." : fieldError(desk.error, "close_reasons")}
          onChange={(next) =>
            desk.change({ close_reasons: next.map((reason) => reason.trim().slice(0, REASON_MAX_CHARS)) })
          }
        />
      </Section>
      <Section
        title="Ratings"
        hint="A customer is asked once, when the conversation is closed: 1 to 5, and a comment if they like"
      >
        <Radio.Group
          aria-label="When customers are asked"
          value={rating}
          onChange={(value) => desk.change({ rating: value as DeskSettings["rating"] })}
          error={fieldError(desk.error, "rating")}
        >
          <Stack gap="sm">
            <Radio value="human" label="After conversations with a person" />
            <Radio
              value="always"
              label="After every conversation"
              description="Also those that the assistant resolved"
            />
            <Radio value="never" label="Never" />
          </Stack>
        </Radio.Group>
      </Section>
    </Stack>
  );
}
