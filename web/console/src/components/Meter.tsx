import { Group, Text } from "@mantine/core";
import type { CSSProperties } from "react";
import classes from "./Meter.module.css";

const HEIGHT_PX = 8;

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
      <MeterBar
        label={props.label}
        value={props.value}
        limit={props.limit}
        state={full ? "full" : near ? "near" : undefined}
        width={props.width ?? 72}
      />
      <Text size="sm" component="span" style={{ whiteSpace: "nowrap" }}>
        {props.value.toLocaleString()} of {props.limit.toLocaleString()}
        {full ? " · full" : near ? " · nearly full" : ""}
      </Text>
    </Group>
  );
}

/** The bar alone; the figures stand beside it. Marks are in the measure of the limit. */
export function MeterBar(props: {
  label: string;
  value: number;
  limit: number;
  state: "near" | "full" | undefined;
  width?: number | string;
  height?: number;
  marks?: number[];
}) {
  const percentOf = (value: number) => (props.limit > 0 ? Math.min(1, value / props.limit) * 100 : 0);
  const height = { "--meter-height": `${props.height ?? HEIGHT_PX}px` } as CSSProperties;
  return (
    <>
      <meter
        className="visually-hidden"
        aria-label={props.label}
        min={0}
        max={props.limit || 1}
        value={props.value}
      />
      <div className={classes.track} style={{ ...height, width: props.width }} aria-hidden="true">
        <div
          className={classes.fill}
          data-state={props.state}
          style={{ width: `${percentOf(props.value)}%` }}
        />
        {props.marks?.map((mark) => (
          <div key={mark} className={classes.mark} style={{ left: `${percentOf(mark)}%` }} />
        ))}
      </div>
    </>
  );
}
