// What an administrator does when a customer asks what is kept of them, wants it gone, or a court wants it kept.
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconDownload, IconGavel, IconTrash } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Customer } from "../../api/types";
import { Section } from "../../components/Section";
import { explain } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { EraseDialog } from "./EraseDialog";
import { HoldDialog } from "./HoldDialog";
import { exportCustomer, useHold } from "./queries";

export function PrivacyCard(props: { customer: Customer }) {
  const { customer } = props;
  const hold = useHold(customer.id);
  const [erasing, setErasing] = useState(false);
  const [holding, setHolding] = useState(false);
  const download = useMutation({ mutationFn: () => save(customer.id) });
  const stands = hold.data ?? null;
  return (
    <Section title="Privacy">
      <Stack gap="xs" align="flex-start">
        {stands && (
          <Alert
            variant="light"
            color="gray"
            icon={<IconGavel size={18} />}
            title="Under a legal hold"
            w="100%"
          >
            Since {dateAndTime(stands.at)}
            {stands.by && `, by ${stands.by.name}`}
            {stands.reason && `: ${stands.reason}`}
          </Alert>
        )}
        {download.isError && (
          <Alert color="red" variant="light" role="alert" w="100%">
            {explain(download.error)}
          </Alert>
        )}
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          loading={download.isPending}
          onClick={() => download.mutate()}
        >
          Export everything
        </Button>
        <Button
          variant="default"
          leftSection={<IconGavel size={16} />}
          disabled={hold.isPending || hold.isError}
          onClick={() => setHolding(true)}
        >
          {stands ? "Lift the legal hold…" : "Place a legal hold…"}
        </Button>
        <Button
          variant="default"
          c="var(--bad)"
          leftSection={<IconTrash size={16} />}
          disabled={stands !== null}
          onClick={() => setErasing(true)}
        >
          Erase…
        </Button>
        {stands && (
          <Text size="sm" c="dimmed">
            Nothing of this customer is erased until the hold is lifted.
          </Text>
        )}
      </Stack>
      <EraseDialog customer={customer} opened={erasing} onClose={() => setErasing(false)} />
      <HoldDialog customer={customer} stands={stands} opened={holding} onClose={() => setHolding(false)} />
    </Section>
  );
}

/** Hands the document to the browser as a file. */
async function save(id: string) {
  const address = URL.createObjectURL(await exportCustomer(id));
  const link = document.createElement("a");
  link.href = address;
  link.download = `customer-${id.replace(/[^\w.-]/g, "_")}.json`;
  link.click();
  URL.revokeObjectURL(address);
}
