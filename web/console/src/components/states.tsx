// What a page shows when it has nothing, waits, or failed. The same everywhere.
import { Alert, Button, Center, Loader, Skeleton, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconAlertTriangle, IconInbox, IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";

export function EmptyState(props: {
  title: string;
  children?: ReactNode;
  icon?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <Center p="xl" mih={180}>
      <Stack align="center" gap={6} maw={380}>
        <ThemeIcon variant="light" color="gray" size={40} radius="xl" aria-hidden>
          {props.icon ?? <IconInbox size={22} stroke={1.6} />}
        </ThemeIcon>
        <Text fw={600} ta="center">
          {props.title}
        </Text>
        {props.children && (
          <Text size="sm" c="dimmed" ta="center" component="div">
            {props.children}
          </Text>
        )}
        {props.action}
      </Stack>
    </Center>
  );
}

export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.code === "too_many" && error.retryAfterS)
      return `Too many requests. Try again in ${error.retryAfterS} s.`;
    return error.message;
  }
  return error instanceof Error ? error.message : "Something went wrong.";
}

export function ErrorState(props: { error: unknown; retry?: () => void; title?: string }) {
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle size={18} />}
      title={props.title ?? "This could not be loaded"}
      m="md"
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{explain(props.error)}</Text>
        {props.retry && (
          <Button size="xs" variant="default" onClick={props.retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

export function LoadingRows(props: { rows?: number; height?: number; label?: string }) {
  return (
    <Stack gap="xs" p="md" role="status" aria-label={props.label ?? "Loading"}>
      {Array.from({ length: props.rows ?? 4 }, (_, row) => `row-${row}`).map((key) => (
        <Skeleton key={key} height={props.height ?? 44} radius="md" />
      ))}
    </Stack>
  );
}

export function LoadingPage() {
  return (
    <Center mih={240} role="status" aria-label="Loading">
      <Loader size="sm" type="dots" />
    </Center>
  );
}

/** Instead of a page that only administrators may see. */
export function AdminsOnly(props: { what: string }) {
  return (
    <EmptyState title="For administrators" icon={<IconLock size={22} stroke={1.6} />}>
      {props.what} Ask an administrator of your organization if you need it.
    </EmptyState>
  );
}
