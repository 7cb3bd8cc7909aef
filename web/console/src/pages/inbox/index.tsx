// Three panes: the lists, the conversation, and what is known of the customer.
import { useParams } from "wouter";
import { EmptyState } from "../../components/states";
import { Conversation } from "../../conversation/Conversation";
import classes from "./inbox.module.css";
import { Lists } from "./Lists";

export default function InboxPage() {
  const { session } = useParams<{ session?: string }>();
  const id = session ? decodeURIComponent(session) : null;
  return (
    <div className={classes.inbox} data-open={id !== null || undefined}>
      <h1 className="visually-hidden">Inbox</h1>
      <Lists current={id} />
      {id ? (
        <Conversation key={id} id={id} />
      ) : (
        <div className={classes.nothing}>
          <EmptyState title="No conversation is open">
            Choose one on the left. <kbd>j</kbd> and <kbd>k</kbd> move through the list, <kbd>Enter</kbd>{" "}
            opens, <kbd>?</kbd> shows every shortcut.
          </EmptyState>
        </div>
      )}
    </div>
  );
}
