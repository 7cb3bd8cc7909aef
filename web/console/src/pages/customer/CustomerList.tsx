import { Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "wouter";
import type { Customer } from "../../api/types";
import { Initials } from "../../components/Initials";
import { ShowMore } from "../../components/ShowMore";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import classes from "./Customer.module.css";
import { nameOf, useCustomers } from "./queries";

const SEARCH_DELAY_MS = 250;

export function CustomerList(props: { chosen: string | null }) {
  const [typed, setTyped] = useState("");
  const [q] = useDebouncedValue(typed.trim(), SEARCH_DELAY_MS);
  return (
    <section className={classes.list} aria-label="All customers">
      <div style={{ padding: "20px 16px 12px" }}>
        <Title order={1} mb="xs">
          Customers
        </Title>
        <TextInput
          type="search"
          aria-label="Search customers"
          placeholder="Name, e-mail, phone or id"
          leftSection={<IconSearch size={16} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </div>
      <Found q={q} chosen={props.chosen} />
    </section>
  );
}

function Found(props: { q: string; chosen: string | null }) {
  const found = useCustomers(props.q);
  if (found.isPending) return <LoadingRows rows={8} label="Loading customers" />;
  if (found.isError) return <ErrorState error={found.error} retry={() => found.refetch()} />;
  const customers = found.data.pages.flatMap((page) => page.items);
  if (customers.length === 0) {
    return props.q ? (
      <EmptyState title="Nobody found">No customer matches “{props.q}”.</EmptyState>
    ) : (
      <EmptyState title="No customers yet">Whoever writes to you appears here by themselves.</EmptyState>
    );
  }
  return (
    <ul className={classes.rows} aria-busy={found.isPlaceholderData}>
      {customers.map((customer) => (
        <li key={customer.id}>
          <Row customer={customer} chosen={customer.id === props.chosen} />
        </li>
      ))}
      {found.hasNextPage && (
        <li>
          <ShowMore of={found} />
        </li>
      )}
    </ul>
  );
}

function Row(props: { customer: Customer; chosen: boolean }) {
  const { customer } = props;
  const name = nameOf(customer);
  const second = [customer.email, customer.phone, customer.id].find((text) => text && text !== name);
  return (
    <Link
      href={`/customers/${encodeURIComponent(customer.id)}`}
      className={classes.row}
      aria-current={props.chosen ? "page" : undefined}
    >
      <Initials size={32} name={customer.name} />
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={500} truncate>
          {name}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {second ?? "Nothing else is known"}
        </Text>
      </div>
    </Link>
  );
}
