import { Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** The one heading of a page, and what can be done there. */
export function PageHeader(props: { title: string; subtitle?: ReactNode; actions?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-start" mb="md" gap="md">
      <Stack gap={2}>
        <Title order={1}>{props.title}</Title>
        {props.subtitle && (
          <Text size="sm" c="dimmed" component="div">
            {props.subtitle}
          </Text>
        )}
      </Stack>
      {props.actions && <Group gap="xs">{props.actions}</Group>}
    </Group>
  );
}
