import { Text, Textarea } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Customer, Hold } from "../../api/types";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { nameOf, useSetHold } from "./queries";

const REASON_MAX_CHARS = 500;

/** Places a legal hold on a customer, or lifts the one that stands. */
export function HoldDialog(props: {
  customer: Customer;
  stands: Hold | null;
  opened: boolean;
  onClose: () => void;
}) {
  const { customer, stands, opened } = props;
  const [reason, setReason] = useState("");
  const setHold = useSetHold(customer.id);
  useEffect(() => {
    if (opened) setReason("");
  }, [opened]);
  const dialog = { opened, onClose: props.onClose };
  if (stands) {
    return (
      <ConfirmDialog
        {...dialog}
        title={`Lift the legal hold on ${nameOf(customer)}`}
        confirm="Lift the hold"
        danger
        action={() => setHold(null)}
      >
        <Text size="sm">
          This customer can then be erased, and their conversations go when they have been kept long enough.
        </Text>
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog
      {...dialog}
      title={`Place a legal hold on ${nameOf(customer)}`}
      confirm="Place the hold"
      action={() => setHold({ reason })}
    >
      <Text size="sm">
        Nothing of this customer is erased, neither by request nor by time, until it is lifted.
      </Text>
      <Textarea
        label="Reason"
        description="For your colleagues, such as the number of the case"
        maxLength={REASON_MAX_CHARS}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ConfirmDialog>
  );
}
