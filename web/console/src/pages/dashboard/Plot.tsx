// A plot with its table: sighted people switch between them, screen readers always get the table, and the drawing itself is
// hidden from them.
import { SegmentedControl, Table } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Section } from "../../components/Section";
import { EmptyState } from "../../components/states";
import classes from "./Dashboard.module.css";

export interface Column<T> {
  label: string;
  text: (row: T) => string;
}

export function Plot<T>(props: {
  title: string;
  hint: string;
  rows: T[];
  columns: Column<T>[];
  empty: boolean;
  children: ReactNode;
}) {
  const [view, setView] = useState("plot");
  const table = <PlotTable caption={props.title} rows={props.rows} columns={props.columns} />;
  return (
    <Section
      title={props.title}
      hint={props.hint}
      actions={
        !props.empty && (
          <SegmentedControl
            size="xs"
            aria-label={`${props.title}: plot or table`}
            value={view}
            onChange={setView}
            data={[
              { value: "plot", label: "Plot" },
              { value: "table", label: "Table" },
            ]}
          />
        )
      }
    >
      {props.empty && <EmptyState title="Nothing to plot in these days" />}
      {!props.empty && view === "plot" && (
        <>
          <div className={classes.plot} aria-hidden="true">
            {props.children}
          </div>
          <div className="visually-hidden">{table}</div>
        </>
      )}
      {!props.empty && view === "table" && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section className={classes.table} tabIndex={0} aria-label={`${props.title}, table`}>
          {table}
        </section>
      )}
    </Section>
  );
}

function PlotTable<T>(props: { caption: string; rows: T[]; columns: Column<T>[] }) {
  return (
    <Table stickyHeader verticalSpacing={5}>
      <caption className="visually-hidden">{props.caption}</caption>
      <Table.Thead>
        <Table.Tr>
          {props.columns.map((column) => (
            <Table.Th key={column.label} scope="col">
              {column.label}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {props.rows.map((row) => (
          <Table.Tr key={props.columns[0]?.text(row)}>
            {props.columns.map((column, index) =>
              index === 0 ? (
                <Table.Th key={column.label} scope="row" fw={400}>
                  {column.text(row)}
                </Table.Th>
              ) : (
                <Table.Td key={column.label}>{column.text(row)}</Table.Td>
              ),
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
