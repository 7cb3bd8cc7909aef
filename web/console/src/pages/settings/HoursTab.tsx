// When people are there. Several intervals a day, in one time zone, with dated exceptions; everything is checked as typed.
import { Autocomplete, Button, Group, Radio, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useMemo } from "react";
import type { DeskSettings, Hours, Interval, Weekday } from "../../api/types";
import { fieldError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import { DayIntervals } from "./DayIntervals";
import { exceptionProblems, isZone, officeHours, openMinutes, weekdayNames, weekdays } from "./hours";
import classes from "./Settings.module.css";
import type { Edited } from "./useSection";

const NOTICE_MAX_CHARS = 500;

export function HoursTab(props: { desk: Edited<DeskSettings> }) {
  const { desk } = props;
  const { hours } = desk.value;
  const setHours = (next: Hours | null) => desk.change({ hours: next });
  return (
    <Stack>
      <Section title="When you are open">
        <Radio.Group
          aria-label="When you are open"
          value={hours ? "hours" : "always"}
          onChange={(value) => setHours(value === "always" ? null : officeHours(browserZone()))}
          error={fieldError(desk.error, "hours")}
        >
          <Stack gap="xs">
            <Radio value="always" label="Always" description="Conversations wait in the queue at any time" />
            <Radio
              value="hours"
              label="At business hours"
              description="Outside of them customers are told so at once, and the assistant goes on answering"
            />
          </Stack>
        </Radio.Group>
      </Section>
      {hours && (
        <>
          <WeekCard hours={hours} change={setHours} zoneError={fieldError(desk.error, "zone")} />
          <ExceptionsCard hours={hours} change={setHours} error={fieldError(desk.error, "exceptions")} />
          <Section title="Out of hours" hint="Sent when a customer asks for a person while nobody is there">
            <Textarea
              aria-label="Notice out of hours"
              autosize
              minRows={2}
              maxLength={NOTICE_MAX_CHARS}
              value={desk.value.texts.out_of_hours ?? ""}
              onChange={(event) =>
                desk.change({ texts: { ...desk.value.texts, out_of_hours: event.currentTarget.value } })
              }
              error={fieldError(desk.error, "out_of_hours")}
            />
          </Section>
        </>
      )}
    </Stack>
  );
}

function WeekCard(props: { hours: Hours; change: (hours: Hours) => void; zoneError: string | null }) {
  const { hours, change } = props;
  const zones = useMemo(() => ["UTC", ...Intl.supportedValuesOf("timeZone")], []);
  const minutes = weekdays.reduce((sum, day) => sum + openMinutes(hours.week[day]), 0);
  const setDay = (day: Weekday, intervals: Interval[]) =>
    change({ ...hours, week: { ...hours.week, [day]: intervals } });
  return (
    <Section title="Week" hint={`${Math.round(minutes / 6) / 10} hours a week`}>
      <Autocomplete
        label="Time zone"
        data={zones}
        limit={60}
        maw={300}
        mb="md"
        value={hours.zone}
        onChange={(zone) => change({ ...hours, zone })}
        error={isZone(hours.zone) ? props.zoneError : "Choose a time zone, such as Europe/Berlin."}
      />
      {weekdays.map((day, index) => (
        <div key={day} className={classes.day}>
          <Text size="sm" fw={500} className={classes.dayname}>
            {weekdayNames[day]}
          </Text>
          <DayIntervals
            label={weekdayNames[day]}
            intervals={hours.week[day]}
            change={(intervals) => setDay(day, intervals)}
          />
          {index > 0 && (
            <CopyButton
              from={weekdays[index - 1] ?? "mon"}
              day={day}
              copy={() => setDay(day, hours.week[weekdays[index - 1] ?? "mon"])}
            />
          )}
        </div>
      ))}
    </Section>
  );
}

function CopyButton(props: { from: Weekday; day: Weekday; copy: () => void }) {
  return (
    <Button
      variant="subtle"
      color="gray"
      size="compact-sm"
      mt={4}
      fw={400}
      c="dimmed"
      onClick={props.copy}
      aria-label={`${weekdayNames[props.day]}: as ${weekdayNames[props.from]}`}
    >
      As {weekdayNames[props.from]}
    </Button>
  );
}

function ExceptionsCard(props: { hours: Hours; change: (hours: Hours) => void; error: string | null }) {
  const { hours, change } = props;
  const problems = exceptionProblems(hours.exceptions);
  const set = (exceptions: Hours["exceptions"]) => change({ ...hours, exceptions });
  const add = (
    <Button
      variant="subtle"
      size="compact-sm"
      leftSection={<IconPlus size={14} />}
      onClick={() => set([...hours.exceptions, { date: "", intervals: [] }])}
    >
      Add a date
    </Button>
  );
  return (
    <Section
      title="Exceptions"
      hint="On these dates the hours here count, not those of the week"
      actions={add}
    >
      {props.error && (
        <Text size="sm" c="var(--bad)" role="alert">
          {props.error}
        </Text>
      )}
      {hours.exceptions.length === 0 && (
        <Text size="sm" c="dimmed">
          None. Add holidays, or days on which you are open longer.
        </Text>
      )}
      {hours.exceptions.map((exception, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: dates change while typed and may be the same; the place is what stays
          key={index}
          className={`${classes.day} ${classes.exception}`}
        >
          <TextInput
            type="date"
            aria-label={`Exception ${index + 1}: date`}
            value={exception.date}
            error={problems[index]}
            onChange={(event) => {
              const date = event.currentTarget.value;
              set(hours.exceptions.map((one, at) => (at === index ? { ...one, date } : one)));
            }}
          />
          <DayIntervals
            label={exception.date || `Exception ${index + 1}`}
            intervals={exception.intervals}
            change={(intervals) =>
              set(hours.exceptions.map((one, at) => (at === index ? { ...one, intervals } : one)))
            }
          />
          <Group gap={4}>
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              mt={4}
              fw={400}
              c="dimmed"
              leftSection={<IconTrash size={14} />}
              aria-label={`Remove the exception ${exception.date || index + 1}`}
              onClick={() => set(hours.exceptions.filter((_, at) => at !== index))}
            >
              Remove
            </Button>
          </Group>
        </div>
      ))}
    </Section>
  );
}

function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
