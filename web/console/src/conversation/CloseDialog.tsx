import { Alert, Autocomplete, Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import type { Recap, Settings, Summary } from "../api/types";
import { explain } from "../components/states";
import { useCommand } from "../live/hooks";

const REASON_MAX_CHARS = 100;

export function CloseDialog(props: {
  summary: Summary;
  recap: Recap | null;
  opened: boolean;
  onClose: () => void;
}) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title="Close the conversation" size="md">
      <Form {...props} />
    </Modal>
  );
}

function Form(props: { summary: Summary; recap: Recap | null; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const [text, setText] = useState(props.recap?.asked ?? "");
  const close = useCommand("close", props.onClose);
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => api.get<Settings>("/settings") });

  return (
    <Stack>
      {close.error && (
        <Alert color="red" variant="light" role="alert">
          {explain(close.error)}
        </Alert>
      )}
      <Autocomplete
        data-autofocus
        label="Reason"
        placeholder="Choose or write one"
        required
        openOnFocus={false}
        maxLength={REASON_MAX_CHARS}
        data={settings.data?.desk.close_reasons ?? []}
        value={reason}
        onChange={setReason}
      />
      <Textarea
        label="Summary"
        description="For the team, in the customer's history."
        autosize
        minRows={3}
        maxRows={8}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={props.onClose}>
          Cancel
        </Button>
        <Button
          disabled={!reason.trim()}
          loading={close.busy}
          onClick={() =>
            close.run({
              session: props.summary.id,
              epoch: props.summary.epoch,
              reason: reason.trim(),
              summary: text.trim(),
            })
          }
        >
          Close the conversation
        </Button>
      </Group>
    </Stack>
  );
}
