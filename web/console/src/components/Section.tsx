import { Group, Paper, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";
import classes from "./Section.module.css";

/** A titled part of a page: a region of its own for those who jump between regions. */
export function Section(props: {
  title: string;
  hint?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <Paper component="section" aria-labelledby={id} bg="var(--surface)" className={classes.section}>
      <Group justify="space-between" align="center" px="md" py="sm" mih={52} gap="xs">
        <div style={{ flex: "1 1 9rem" }}>
          <Title order={2} id={id} fz="md">
            {props.title}
          </Title>
          {props.hint && (
            <Text size="xs" c="dimmed" component="div">
              {props.hint}
            </Text>
          )}
        </div>
        {props.actions && (
          <Group gap="xs" maw="100%" style={{ overflowX: "auto" }}>
            {props.actions}
          </Group>
        )}
      </Group>
      <div
        style={props.flush ? undefined : { padding: "0 var(--mantine-spacing-md) var(--mantine-spacing-md)" }}
      >
        {props.children}
      </div>
    </Paper>
  );
}
