// Two records that are one person become one. The direction is chosen in plain sight, and what will happen is said before.
import { Alert, Button, Group, Modal, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import type { Customer } from "../../api/types";
import { Initials } from "../../components/Initials";
import { EmptyState, ErrorState, explain, LoadingRows } from "../../components/states";
import { Warning } from "../../components/Warning";
import { Consequences } from "./Consequences";
import { nameOf, useCustomers, useMerge } from "./queries";

const SEARCH_DELAY_MS = 250;

export function MergeDialog(props: { customer: Customer; opened: boolean; onClose: () => void }) {
  const [other, setOther] = useState<Customer | null>(null);
  const { opened } = props;
  useEffect(() => {
    if (opened) setOther(null);
  }, [opened]);
  return (
    <Modal opened={opened} onClose={props.onClose} title={`Merge ${nameOf(props.customer)}`} size="lg">
      {other ? (
        <Confirm one={props.customer} other={other} back={() => setOther(null)} done={props.onClose} />
      ) : (
        <Choose customer={props.customer} choose={setOther} />
      )}
    </Modal>
  );
}

function Choose(props: { customer: Customer; choose: (other: Customer) => void }) {
  const [typed, setTyped] = useState("");
  const [q] = useDebouncedValue(typed.trim(), SEARCH_DELAY_MS);
  return (
    <Stack gap="sm">
      <TextInput
        type="search"
        label="Which record is the same person?"
        placeholder="Name, e-mail, phone or id"
        leftSection={<IconSearch size={16} />}
        data-autofocus
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <Candidates q={q} customer={props.customer} choose={props.choose} />
    </Stack>
  );
}

function Candidates(props: { q: string; customer: Customer; choose: (other: Customer) => void }) {
  const found = useCustomers(props.q);
  if (found.isPending) return <LoadingRows rows={4} label="Searching" />;
  if (found.isError) return <ErrorState error={found.error} retry={() => found.refetch()} />;
  const others = found.data.pages
    .flatMap((page) => page.items)
    .filter((other) => other.id !== props.customer.id && !other.merged_into);
  if (others.length === 0) return <EmptyState title="No other customer matches" />;
  return (
    <Stack gap={4} mah={320} style={{ overflow: "auto" }} component="ul" p={0} m={0}>
      {others.map((other) => (
        <li key={other.id} style={{ listStyle: "none" }}>
          <Button
            variant="subtle"
            color="gray"
            fullWidth
            justify="flex-start"
            h="auto"
            py={8}
            leftSection={<Initials size={30} name={other.name} />}
            onClick={() => props.choose(other)}
          >
            <span style={{ textAlign: "left" }}>
              <Text size="sm" fw={500} c="var(--mantine-color-text)" component="span" display="block">
                {nameOf(other)}
              </Text>
              <Text size="xs" c="dimmed" component="span" display="block">
                {[other.email, other.phone, other.id].filter(Boolean).join(" · ")}
              </Text>
            </span>
          </Button>
        </li>
      ))}
    </Stack>
  );
}

function Confirm(props: { one: Customer; other: Customer; back: () => void; done: () => void }) {
  const [keptId, setKeptId] = useState(props.other.id);
  const [, navigate] = useLocation();
  const kept = keptId === props.one.id ? props.one : props.other;
  const gone = keptId === props.one.id ? props.other : props.one;
  const merge = useMerge();
  const run = useMutation({
    mutationFn: () => merge(gone.id, kept.id),
    onSuccess: (customer) => {
      props.done();
      navigate(`/customers/${encodeURIComponent(customer.id)}`);
    },
  });
  return (
    <Stack>
      <Radio.Group label="Which record stays?" value={keptId} onChange={setKeptId}>
        <Stack gap="xs" mt="xs">
          {[props.other, props.one].map((customer) => (
            <Radio.Card key={customer.id} value={customer.id} p="sm" aria-label={nameOf(customer)}>
              <Group wrap="nowrap">
                <Radio.Indicator />
                <div>
                  <Text size="sm" fw={500}>
                    {nameOf(customer)}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {[customer.email, customer.phone, customer.id].filter(Boolean).join(" · ")}
                  </Text>
                </div>
              </Group>
            </Radio.Card>
          ))}
        </Stack>
      </Radio.Group>
      <Consequences kept={kept} gone={gone} />
      <Warning title="This cannot be undone">
        If they are two people, each one’s conversations will be shown as the other’s.
      </Warning>
      {run.isError && (
        <Alert color="red" variant="light" role="alert">
          {explain(run.error)}
        </Alert>
      )}
      <Group justify="space-between">
        <Button variant="subtle" onClick={props.back}>
          Choose another
        </Button>
        <Group gap="xs">
          <Button variant="default" onClick={props.done}>
            Cancel
          </Button>
          <Button color="red.8" loading={run.isPending} onClick={() => run.mutate()}>
            Merge into {nameOf(kept)}
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}
