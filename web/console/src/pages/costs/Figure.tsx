import { Paper, Text } from "@mantine/core";
import classes from "../dashboard/Dashboard.module.css";

/** One number that somebody opens the page for. */
export function Figure(props: { label: string; value: string; hint: string }) {
  return (
    <Paper className={classes.figure} bg="var(--surface)">
      <Text size="xs" c="dimmed" fw={500}>
        {props.label}
      </Text>
      <span className={classes.number}>{props.value}</span>
      <Text size="xs" c="dimmed">
        {props.hint}
      </Text>
    </Paper>
  );
}
