// One customer: who they are, what is known, and every conversation with them.
import { Alert, Anchor, Button, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconArrowLeft, IconGitMerge } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../api/client";
import { useIsAdmin } from "../../api/session";
import type { Customer } from "../../api/types";
import { Initials } from "../../components/Initials";
import { Section } from "../../components/Section";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { MemoryList } from "../../memory/MemoryList";
import classes from "./Customer.module.css";
import { DetailsCard } from "./DetailsCard";
import { FactsCard } from "./FactsCard";
import { History } from "./History";
import { MergeDialog } from "./MergeDialog";
import { PrivacyCard } from "./PrivacyCard";
import { nameOf, useCustomer } from "./queries";
import { TagsCard } from "./TagsCard";

export function CustomerView(props: { id: string }) {
  const customer = useCustomer(props.id);
  if (customer.isPending) return <Waiting />;
  if (customer.error instanceof ApiError && customer.error.code === "not_found") {
    return (
      <EmptyState
        title="There is no such customer"
        action={
          <Button component={Link} href="/customers" variant="default" mt="xs">
            All customers
          </Button>
        }
      />
    );
  }
  if (customer.isError) return <ErrorState error={customer.error} retry={() => customer.refetch()} />;
  return <Loaded customer={customer.data} />;
}

function Loaded(props: { customer: Customer }) {
  const { customer } = props;
  const admin = useIsAdmin();
  return (
    <div className={classes.content}>
      <Heading customer={customer} />
      {customer.merged_into && (
        <Alert mb="md" variant="light" title="This customer was merged into another">
          New conversations and changes belong to{" "}
          <Anchor
            component={Link}
            href={`/customers/${encodeURIComponent(customer.merged_into)}`}
            underline="always"
          >
            {customer.merged_into}
          </Anchor>
          .
        </Alert>
      )}
      <div className={classes.columns}>
        <History customer={customer} />
        <Stack>
          <DetailsCard customer={customer} />
          <FactsCard customer={customer} />
          <Section title="Memory" hint="What the assistant knows in every conversation">
            <Stack gap={6}>
              <MemoryList customer={customer.id} frozen={customer.merged_into !== null} />
            </Stack>
          </Section>
          <TagsCard customer={customer} />
          {admin && !customer.merged_into && <PrivacyCard customer={customer} />}
        </Stack>
      </div>
    </div>
  );
}

function Heading(props: { customer: Customer }) {
  const { customer } = props;
  const [merging, setMerging] = useState(false);
  const admin = useIsAdmin();
  return (
    <>
      <Anchor component={Link} href="/customers" size="sm" hiddenFrom="md">
        <Group gap={4} mb="xs">
          <IconArrowLeft size={16} aria-hidden /> All customers
        </Group>
      </Anchor>
      <Group justify="space-between" mb="lg" wrap="nowrap" align="flex-start">
        <Group gap="sm" wrap="nowrap" miw={0}>
          <Initials size={44} name={customer.name} />
          <div style={{ minWidth: 0 }}>
            <Title order={2} fz="xl" style={{ overflowWrap: "anywhere" }}>
              {nameOf(customer)}
            </Title>
            <Text size="sm" c="dimmed">
              Customer since {dateAndTime(customer.created_at)}
            </Text>
          </div>
        </Group>
        {admin && !customer.merged_into && (
          <Button
            variant="default"
            leftSection={<IconGitMerge size={16} />}
            onClick={() => setMerging(true)}
            style={{ flex: "none" }}
          >
            Merge…
          </Button>
        )}
      </Group>
      {admin && <MergeDialog customer={customer} opened={merging} onClose={() => setMerging(false)} />}
    </>
  );
}

function Waiting() {
  return (
    <div className={classes.content}>
      <Skeleton height={44} width={260} mb="lg" />
      <LoadingRows rows={5} height={72} label="Loading the customer" />
    </div>
  );
}
