import { Badge } from "@mantine/core";
import { IconPlayerPause } from "@tabler/icons-react";
import { memo } from "react";
import { Link } from "wouter";
import type { Summary } from "../../api/types";
import { ChannelIcon } from "../../components/ChannelIcon";
import { customerName, ownerText, plain, priorityWord } from "../../components/people";
import { pressing, TargetChip } from "../../components/TargetChip";
import { ago, duration } from "../../components/time";
import classes from "./inbox.module.css";

const FROM: Record<string, string> = { agent: "You: ", assistant: "Assistant: ", notice: "", customer: "" };

interface RowProps {
  summary: Summary;
  now: number;
  current: boolean;
  /** In the queue: who is next. */
  place: number | null;
  withOwner?: boolean;
}

export const SessionRow = memo(function SessionRow({ summary, now, current, place, withOwner }: RowProps) {
  const { last } = summary;
  const author = last ? (last.from === "agent" && withOwner ? "Agent: " : (FROM[last.from] ?? "")) : "";
  return (
    <li>
      <Link
        href={`/inbox/${encodeURIComponent(summary.id)}`}
        className={classes.row}
        aria-current={current ? "page" : undefined}
        data-unread={summary.unread > 0 || undefined}
      >
        <span className={classes.line}>
          <ChannelIcon channel={summary.channel} />
          <span className={classes.name}>{customerName(summary.customer)}</span>
          <span className={classes.time}>
            {place !== null && summary.queued_at
              ? `waits ${duration(now - Date.parse(summary.queued_at))}`
              : ago(last?.at ?? summary.started_at, now)}
          </span>
        </span>
        <span className={classes.line}>
          <span className={classes.text}>{last ? author + last.text : "No message yet"}</span>
          {summary.unread > 0 && !withOwner && (
            <Badge size="sm" variant="filled" circle={summary.unread < 10}>
              {summary.unread > 99 ? "99+" : summary.unread}
              <span className="visually-hidden"> unread</span>
            </Badge>
          )}
        </span>
        <Chips summary={summary} now={now} place={place} withOwner={withOwner ?? false} />
      </Link>
    </li>
  );
});

function Chips(props: { summary: Summary; now: number; place: number | null; withOwner: boolean }) {
  const { summary } = props;
  const quiet =
    !pressing(summary.targets) && summary.priority === "normal" && !summary.held && !summary.intent;
  if (quiet && props.place === null && !props.withOwner) return null;
  return (
    <span className={classes.line}>
      {props.withOwner ? (
        <span className={classes.owner}>{ownerText(summary)}</span>
      ) : (
        <span className={classes.owner}>
          {[props.place !== null ? `#${props.place}` : "", summary.intent ? plain(summary.intent) : ""]
            .filter(Boolean)
            .join(" · ")}
        </span>
      )}
      {summary.held && (
        <Badge color="gray" leftSection={<IconPlayerPause size={11} aria-hidden />}>
          On hold
        </Badge>
      )}
      {(summary.priority === "urgent" || summary.priority === "high") && (
        <Badge color={summary.priority === "urgent" ? "red" : "orange"} variant="outline">
          {priorityWord(summary.priority)}
        </Badge>
      )}
      {summary.owner !== "closed" && !summary.held && (
        <TargetChip targets={summary.targets} now={props.now} />
      )}
    </span>
  );
}
