// Asks before something that cannot be taken back, says what will happen, and stays open with the reason when it is refused.
import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { explain } from "./states";

export function ConfirmDialog(props: {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  confirm: string;
  danger?: boolean;
  action: () => Promise<unknown>;
}) {
  const { opened, onClose } = props;
  const run = useMutation({ mutationFn: props.action, onSuccess: onClose });
  const { reset } = run;
  useEffect(() => {
    if (opened) reset();
  }, [opened, reset]);
  return (
    <Modal opened={opened} onClose={onClose} title={props.title} size="md">
      <Stack>
        {props.children}
        {run.isError && (
          <Alert color="red" variant="light" role="alert">
            {explain(run.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button
            color={props.danger ? "red.8" : undefined}
            loading={run.isPending}
            onClick={() => run.mutate()}
          >
            {props.confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
