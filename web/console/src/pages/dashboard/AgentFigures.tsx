import { Group, Table } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useState } from "react";
import type { Dashboard } from "../../api/types";
import { Section } from "../../components/Section";
import { EmptyState } from "../../components/states";
import classes from "./Dashboard.module.css";
import { formatMs, formatRating } from "./figures";

type Row = Dashboard["agents"][number];
type Column = "name" | "sessions" | "first_response_ms" | "rating";
type Order = { column: Column; down: boolean };

const columns: { name: Column; label: string; text: (row: Row) => string }[] = [
  { name: "name", label: "Person", text: (row) => row.name },
  { name: "sessions", label: "Conversations", text: (row) => row.sessions.toLocaleString() },
  { name: "first_response_ms", label: "First response", text: (row) => formatMs(row.first_response_ms) },
  { name: "rating", label: "Rating", text: (row) => formatRating(row.rating) },
];

/** Each person's figures, ordered by the column that was chosen. */
export function AgentFigures(props: { agents: Row[] }) {
  const [order, setOrder] = useState<Order>({ column: "sessions", down: true });
  const rows = [...props.agents].sort((a, b) => compare(a[order.column], b[order.column], order.down));
  const by = (column: Column) =>
    setOrder((now) => ({ column, down: now.column === column ? !now.down : column !== "name" }));
  return (
    <Section title="People" hint="Conversations that each of them served" flush>
      {rows.length === 0 ? (
        <EmptyState title="Nobody served a conversation in these days" />
      ) : (
        <Table verticalSpacing={8} horizontalSpacing="md">
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Table.Th key={column.name} aria-sort={sorted(order, column.name)} ta={align(column.name)}>
                  <button type="button" className={classes.sort} onClick={() => by(column.name)}>
                    <Group gap={4} wrap="nowrap" component="span">
                      {column.label}
                      {order.column === column.name &&
                        (order.down ? (
                          <IconArrowDown size={14} aria-hidden />
                        ) : (
                          <IconArrowUp size={14} aria-hidden />
                        ))}
                    </Group>
                  </button>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.id}>
                {columns.map((column) => (
                  <Table.Td key={column.name} ta={align(column.name)}>
                    {column.text(row)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

function align(column: Column): "left" | "right" {
  return column === "name" ? "left" : "right";
}

function sorted(order: Order, column: Column): "ascending" | "descending" | "none" {
  if (order.column !== column) return "none";
  return order.down ? "descending" : "ascending";
}

/** What is not known stays at the end, whichever way the rest is ordered. */
function compare(a: string | number | null, b: string | number | null, down: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const result = typeof a === "string" ? a.localeCompare(String(b)) : a - Number(b);
  return down ? -result : result;
}
