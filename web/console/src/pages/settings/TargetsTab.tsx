// How soon a customer shall have an answer, and when somebody is warned that they will not.
import { Input, Slider, Stack, Switch } from "@mantine/core";
import type { DeskSettings } from "../../api/types";
import { fieldError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import { DurationInput } from "./DurationInput";
import type { Edited } from "./useSection";

const targets = [
  {
    name: "first_response_s",
    label: "First response",
    description: "From the handover to the first message of a person",
    fallback: 300,
  },
  {
    name: "next_response_s",
    label: "Next response",
    description: "From a customer’s message to the next one of a person",
    fallback: 600,
  },
  {
    name: "resolution_s",
    label: "Resolution",
    description: "From the handover to the close; it stands still while a conversation is on hold",
    fallback: 86_400,
  },
] as const;

export function TargetsTab(props: { desk: Edited<DeskSettings> }) {
  const { desk } = props;
  const value = desk.value.targets;
  const change = (patch: Partial<DeskSettings["targets"]>) =>
    desk.change({ targets: { ...value, ...patch } });
  return (
    <Stack>
      <Section title="Targets" hint="A conversation shows the time that is left, and says when it is missed">
        {targets.map((target) => (
          <DurationInput
            key={target.name}
            {...target}
            seconds={value[target.name]}
            error={Number.isNaN(value[target.name]) ? "Enter a time." : fieldError(desk.error, target.name)}
            onChange={(seconds) => change({ [target.name]: seconds })}
          />
        ))}
      </Section>
      <Section title="Warnings">
        <Input.Label component="div" id="warn-at">
          Warn when {Math.round(value.warn_at * 100)} % of the time is over
        </Input.Label>
        <Slider
          aria-labelledby="warn-at"
          thumbLabel="Warn at this share of the time"
          maw={420}
          mt="xs"
          mb={36}
          min={50}
          max={95}
          step={5}
          label={(share) => `${share} %`}
          marks={[50, 65, 80, 95].map((share) => ({ value: share, label: `${share} %` }))}
          value={Math.round(value.warn_at * 100)}
          onChange={(share) => change({ warn_at: share / 100 })}
        />
        <Switch
          label="Count business hours only"
          description="The time stands still while you are closed"
          checked={value.only_in_hours}
          onChange={(event) => change({ only_in_hours: event.currentTarget.checked })}
        />
      </Section>
    </Stack>
  );
}
