// Erasing does not come back, so it wants the customer's id typed, letter by letter.
import { Alert, Button, Code, Group, List, Modal, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import type { Customer } from "../../api/types";
import { explain } from "../../components/states";
import { Warning } from "../../components/Warning";
import { nameOf, useErase } from "./queries";

export function EraseDialog(props: { customer: Customer; opened: boolean; onClose: () => void }) {
  const { customer, opened, onClose } = props;
  const [typed, setTyped] = useState("");
  const [, navigate] = useLocation();
  const erase = useErase(customer.id);
  const run = useMutation({
    mutationFn: erase,
    onSuccess: (erasure) => {
      onClose();
      navigate("/customers");
      notifications.show({
        message: `${nameOf(customer)} is being erased. The receipt is ${erasure.id}.`,
        autoClose: false,
      });
    },
  });
  const { reset } = run;
  useEffect(() => {
    if (opened) {
      setTyped("");
      reset();
    }
  }, [opened, reset]);
  return (
    <Modal opened={opened} onClose={onClose} title={`Erase ${nameOf(customer)}`} size="md">
      <Stack>
        <Text size="sm">What goes, under all ids of this customer:</Text>
        <List size="sm" spacing={4}>
          <List.Item>every conversation, with its messages, notes, voice notes and ratings</List.Item>
          <List.Item>name, addresses, facts and tags</List.Item>
          <List.Item>their name in figures and in the audit log; what was counted stays</List.Item>
        </List>
        <Warning title="This cannot be undone">
          Conversations that are open end now. What the customer writes afterwards begins anew.
        </Warning>
        <TextInput
          label={
            <>
              Type <Code>{customer.id}</Code> to confirm
            </>
          }
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {run.isError && (
          <Alert color="red" variant="light" role="alert">
            {explain(run.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            color="red.8"
            disabled={typed.trim() !== customer.id}
            loading={run.isPending}
            onClick={() => run.mutate()}
          >
            Erase for good
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
