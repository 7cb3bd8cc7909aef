import { Input, NumberInput, Select, Slider, Stack, Switch, Text } from "@mantine/core";
import type { AssistantSettings } from "../../api/types";
import { fieldError } from "../../components/fieldErrors";
import { words } from "../../components/labels";
import { Section } from "../../components/Section";
import type { Edited } from "./useSection";

const REPLY_MAX_CHARS = 4000;
const styles = ["friendly", "professional", "formal", "casual", "concise"];

/** How much the assistant says, in which manner, and how sure it has to be. */
export function AssistantTab(props: { assistant: Edited<AssistantSettings> }) {
  const { assistant } = props;
  const value = assistant.value;
  return (
    <Stack>
      <Section title="Answers">
        <Stack maw={560}>
          <Switch
            label="Answer customers by itself"
            description="Without it the assistant only suggests replies to your agents"
            checked={value.auto_reply}
            onChange={(event) => assistant.change({ auto_reply: event.currentTarget.checked })}
          />
          <Select
            label="Manner"
            maw={260}
            allowDeselect={false}
            data={[...new Set([...styles, value.style])].map((style) => ({
              value: style,
              label: words(style),
            }))}
            value={value.style}
            error={fieldError(assistant.error, "style")}
            onChange={(style) => assistant.change({ style: style ?? value.style })}
          />
          <NumberInput
            label="Longest reply"
            description={`Characters, at most ${REPLY_MAX_CHARS.toLocaleString()}`}
            maw={260}
            min={50}
            max={REPLY_MAX_CHARS}
            step={50}
            allowDecimal={false}
            value={value.reply_max_chars}
            error={fieldError(assistant.error, "reply_max_chars")}
            onChange={(number) => typeof number === "number" && assistant.change({ reply_max_chars: number })}
          />
        </Stack>
      </Section>
      <Section title="When it is not sure" hint="Below this confidence a person is asked instead">
        <Input.Label component="div" id="confidence-floor">
          {Math.round(value.confidence_floor * 100)} %:{" "}
          {value.confidence_floor >= 0.8
            ? "careful, hands over often"
            : value.confidence_floor >= 0.5
              ? "balanced"
              : "bold, answers more by itself"}
        </Input.Label>
        <Slider
          aria-labelledby="confidence-floor"
          thumbLabel="Confidence that is needed"
          maw={420}
          mt="xs"
          mb="lg"
          min={0}
          max={100}
          step={5}
          label={(share) => `${share} %`}
          marks={[0, 50, 100].map((share) => ({ value: share, label: `${share} %` }))}
          value={Math.round(value.confidence_floor * 100)}
          onChange={(share) => assistant.change({ confidence_floor: share / 100 })}
        />
        {fieldError(assistant.error, "confidence_floor") && (
          <Text size="sm" c="var(--bad)" role="alert">
            {fieldError(assistant.error, "confidence_floor")}
          </Text>
        )}
      </Section>
    </Stack>
  );
}
