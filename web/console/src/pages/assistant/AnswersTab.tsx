import { Input, NumberInput, Select, SimpleGrid, Slider, Stack, Switch, Text, Textarea } from "@mantine/core";
import type { AssistantSettings } from "../../api/assistant";
import { fieldError } from "../../components/fieldErrors";
import { words } from "../../components/labels";
import { numberOf, shownNumber } from "../../components/numbers";
import { Section } from "../../components/Section";
import type { Edited } from "../settings/useSection";
import { languageChoices } from "./guardrails";

const REPLY_MAX_CHARS = 8000;
const PERSONA_MAX_CHARS = 4000;
const styles = ["friendly", "professional", "formal", "casual", "concise"];
const CUSTOMERS_OWN = "";

/** Who the assistant is, how it writes, and how sure it has to be. */
export function AnswersTab(props: { assistant: Edited<AssistantSettings> }) {
  const { assistant } = props;
  const value = assistant.value;
  return (
    <Stack>
      <Section title="Who answers">
        <Switch
          label="Answer customers by itself"
          description="Without it the assistant only suggests replies to your agents"
          checked={value.auto_reply}
          onChange={(event) => assistant.change({ auto_reply: event.currentTarget.checked })}
        />
      </Section>
      <Section title="Who it is" hint="Told to the model with every question; customers do not see it">
        <Textarea
          label="Persona"
          description="A name, a manner, what it knows of your company. Empty: as the installation says"
          placeholder="You are Pia, who answers for Hearth & Clay, a pottery in Bristol. You are warm and to the point."
          autosize
          minRows={3}
          maxRows={14}
          maxLength={PERSONA_MAX_CHARS}
          value={value.persona}
          error={fieldError(assistant.error, "persona")}
          onChange={(event) => assistant.change({ persona: event.currentTarget.value })}
        />
      </Section>
      <Section title="How it writes">
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <Select
            label="Tone"
            description="The manner of every reply"
            allowDeselect={false}
            data={[...new Set([...styles, value.style])].map((style) => ({
              value: style,
              label: words(style),
            }))}
            value={value.style}
            error={fieldError(assistant.error, "style")}
            onChange={(style) => assistant.change({ style: style ?? value.style })}
          />
          <Select
            label="Language"
            description="Held to: others are not sent"
            searchable
            allowDeselect={false}
            data={[{ value: CUSTOMERS_OWN, label: "The customer’s" }, ...languageChoices]}
            value={value.language ?? CUSTOMERS_OWN}
            error={fieldError(assistant.error, "language")}
            onChange={(language) => assistant.change({ language: language || null })}
          />
          <NumberInput
            label="Longest reply"
            description={`Characters, at most ${REPLY_MAX_CHARS.toLocaleString()}`}
            min={1}
            max={REPLY_MAX_CHARS}
            step={50}
            allowDecimal={false}
            value={shownNumber(value.reply_max_chars)}
            error={fieldError(assistant.error, "reply_max_chars")}
            onChange={(number) => assistant.change({ reply_max_chars: numberOf(number) })}
          />
        </SimpleGrid>
      </Section>
      <Confidence assistant={assistant} />
    </Stack>
  );
}

function Confidence(props: { assistant: Edited<AssistantSettings> }) {
  const { assistant } = props;
  const floor = assistant.value.confidence_floor;
  const error = fieldError(assistant.error, "confidence_floor");
  return (
    <Section title="When it is not sure" hint="Below this confidence a person is asked instead">
      <Input.Label component="div" id="confidence-floor">
        {Math.round(floor * 100)} %:{" "}
        {floor >= 0.8
          ? "careful, hands over often"
          : floor >= 0.5
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
        value={Math.round(floor * 100)}
        onChange={(share) => assistant.change({ confidence_floor: share / 100 })}
      />
      {error && (
        <Text size="sm" c="var(--bad)" role="alert">
          {error}
        </Text>
      )}
    </Section>
  );
}
