import { Group, NumberInput, Select, Switch } from "@mantine/core";
import { useState } from "react";

const units = { s: 1, min: 60, h: 3600, d: 86_400 } as const;
type Unit = keyof typeof units;
const unitNames: Record<Unit, string> = { s: "second", min: "minute", h: "hour", d: "day" };

/** A time in the unit that reads best, or none at all. `onChange` gets seconds, NaN while nothing is typed. */
export function DurationInput(props: {
  label: string;
  description: string;
  seconds: number | null;
  fallback: number;
  error: string | null;
  onChange: (seconds: number | null) => void;
}) {
  const { seconds, label } = props;
  const [unit, setUnit] = useState<Unit>(() => bestUnit(seconds ?? props.fallback));
  const on = seconds !== null;
  const one = seconds === units[unit];
  return (
    <Group justify="space-between" align="flex-start" py="sm" style={{ borderTop: "1px solid var(--line)" }}>
      <Switch
        label={label}
        description={props.description}
        checked={on}
        maw={420}
        onChange={(event) => props.onChange(event.currentTarget.checked ? props.fallback : null)}
      />
      {on && (
        <Group gap="xs" align="flex-start" wrap="nowrap">
          <NumberInput
            aria-label={`${label}: time`}
            w={96}
            min={1}
            allowDecimal={false}
            value={Number.isNaN(seconds) ? "" : seconds / units[unit]}
            error={props.error}
            onChange={(value) => props.onChange(typeof value === "number" ? value * units[unit] : Number.NaN)}
          />
          <Select
            aria-label={`${label}: unit`}
            w={116}
            allowDeselect={false}
            data={Object.entries(unitNames).map(([value, name]) => ({
              value,
              label: one ? name : `${name}s`,
            }))}
            value={unit}
            onChange={(value) => {
              const next = (value ?? "s") as Unit;
              setUnit(next);
              props.onChange((seconds / units[unit]) * units[next]);
            }}
          />
        </Group>
      )}
    </Group>
  );
}

function bestUnit(seconds: number): Unit {
  const fitting = (["d", "h", "min"] as const).find((unit) => seconds > 0 && seconds % units[unit] === 0);
  return fitting ?? "s";
}
