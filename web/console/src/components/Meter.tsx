import { Group, Text } from "@mantine/core";
import classes from "./Meter.module.css";

/** How full something is: a bar, and always the figures beside it. Near the limit it says so in words as well. */
export function Meter(props: {
  label: string;
  value: number;
  limit: number;
  warnAt?: number;
  width?: number | string;
  /** A share that is no bound: to reach it is nothing to warn of. */
  neutral?: boolean;
}) {
  const share = props.limit > 0 ? Math.min(1, props.value / props.limit) : 0;
  const full = !props.neutral && share >= 1;
  const near = !props.neutral && !full && share >= (props.warnAt ?? 0.8);
  return (
    <Group gap="xs" wrap="nowrap">
      <meter
        className="visually-hidden"
        aria-label={props.label}
        min={0}
        max={props.limit || 1}
        value={props.value}
      />
      <div className={classes.track} style={{ width: props.width ?? 72 }} aria-hidden="true">
        <div
          className={classes.fill}
          data-state={full ? "full" : near ? "near" : undefined}
          style={{ width: `${share * 100}%` }}
        />
      </div>
      <Text size="sm" component="span" style={{ whiteSpace: "nowrap" }}>
        {props.value.toLocaleString()} of {props.limit.toLocaleString()}
        {full ? " · full" : near ? " · nearly full" : ""}
      </Text>
    </Group>
  );
}
