// Amounts as bars with their figures: a list reads as well by ear as by eye, so it needs no second form.
import { Text } from "@mantine/core";
import { EmptyState } from "../../components/states";
import classes from "./Dashboard.module.css";
import { formatShare } from "./figures";

const SHOWN_MAX = 10;

export interface Share {
  label: string;
  amount: number;
}

/** Amounts as bars with their figures; `format` writes an amount, unless it is a plain number. */
export function Bars(props: { shares: Share[]; unit: string; format?: (amount: number) => string }) {
  const format = props.format ?? ((amount: number) => amount.toLocaleString());
  const sorted = props.shares;
  const total = sorted.reduce((sum, share) => sum + share.amount, 0);
  if (total === 0) return <EmptyState title="Nothing in these days" />;
  const shown = sorted.slice(0, SHOWN_MAX);
  const rest = sorted.slice(SHOWN_MAX).reduce((sum, share) => sum + share.amount, 0);
  if (rest > 0) shown.push({ label: `${sorted.length - SHOWN_MAX} others`, amount: rest });
  const largest = Math.max(...shown.map((share) => share.amount));
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {shown.map((share) => (
        <li key={share.label} className={classes.share}>
          <Text size="sm" truncate title={share.label}>
            {share.label}
          </Text>
          <div aria-hidden="true">
            <div
              className={classes.bar}
              style={{ width: share.amount > 0 ? `max(3px, ${(share.amount / largest) * 100}%)` : 0 }}
            />
          </div>
          <span className={classes.amount}>
            {format(share.amount)}
            <span className="visually-hidden"> {props.unit},</span>{" "}
            <Text span size="xs" c="dimmed">
              {formatShare(share.amount, total)}
            </Text>
          </span>
        </li>
      ))}
    </ul>
  );
}
