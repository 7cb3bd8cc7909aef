import { Text, UnstyledButton } from "@mantine/core";
import type { CannedReply } from "../api/types";
import classes from "./Composer.module.css";

export const cannedOptionId = (reply: CannedReply) => `canned-${reply.id}`;

/** The list above the composer while "/…" is typed; the keys are handled where one types. */
export function CannedMenu(props: {
  replies: CannedReply[];
  at: number;
  shown: boolean;
  loading: boolean;
  onChoose: (reply: CannedReply) => void;
}) {
  if (!props.shown) return null;
  return (
    <div className={classes.canned}>
      <div role="listbox" id="canned" aria-label="Canned replies">
        {props.replies.map((reply, at) => (
          <UnstyledButton
            key={reply.id}
            id={cannedOptionId(reply)}
            role="option"
            tabIndex={-1}
            aria-selected={at === props.at}
            className={classes.option}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => props.onChoose(reply)}
          >
            <span className={classes.shortcut}>/{reply.shortcut}</span>
            <span className={classes.preview}>
              {reply.title} · {reply.text}
            </span>
          </UnstyledButton>
        ))}
      </div>
      {props.replies.length === 0 && (
        <Text size="sm" c="dimmed" p="xs" role="status">
          {props.loading ? "Loading canned replies" : "No canned reply fits"}
        </Text>
      )}
    </div>
  );
}
