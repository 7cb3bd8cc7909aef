// One conversation: who it is, what was said, and what to say next. The side panel is the third pane of the inbox.
import { useEffect, useState } from "react";
import { ErrorState, LoadingRows } from "../components/states";
import { useLiveStore } from "../live/hooks";
import { usePrefs } from "../shell/prefs";
import { CloseDialog } from "./CloseDialog";
import { Composer } from "./Composer";
import classes from "./Conversation.module.css";
import { Header } from "./Header";
import { RecapCard } from "./RecapCard";
import { SidePanel } from "./SidePanel";
import { Timeline } from "./Timeline";
import { TransferDialog } from "./TransferDialog";
import { lastCustomerMessage, latestRecap } from "./timeline";
import { type Dialog, useActions } from "./useActions";
import { type OpenConversation, useConversation } from "./useConversation";

export function Conversation(props: { id: string }) {
  const open = useConversation(props.id);
  const { panel } = usePrefs();
  const [dialog, setDialog] = useState<Dialog>(null);
  const actions = useActions(open, setDialog);
  useReading(open);
  const { summary, log } = open;

  if (!summary) {
    return (
      <section className={classes.conversation} aria-label="Conversation">
        {open.error ? (
          <ErrorState error={open.error} retry={open.retry} title="The conversation could not be opened" />
        ) : (
          <LoadingRows rows={6} />
        )}
      </section>
    );
  }
  const recap = log ? latestRecap(log.events) : null;
  return (
    <div className={classes.split} data-panel={panel || undefined}>
      <section
        className={classes.conversation}
        aria-label={`Conversation with ${summary.customer.name ?? "a visitor"}`}
      >
        <Header open={open} summary={summary} actions={actions} />
        {recap && (summary.owner === "human" || summary.owner === "queue") && <RecapCard recap={recap} />}
        {log?.loaded ? (
          <Timeline open={open} summary={summary} log={log} />
        ) : open.error ? (
          <ErrorState error={open.error} retry={open.retry} />
        ) : (
          <LoadingRows rows={6} />
        )}
        <Composer open={open} summary={summary} />
      </section>
      {panel && <SidePanel summary={summary} />}
      <TransferDialog summary={summary} opened={dialog === "transfer"} onClose={() => setDialog(null)} />
      <CloseDialog
        summary={summary}
        recap={recap}
        opened={dialog === "close"}
        onClose={() => setDialog(null)}
      />
    </div>
  );
}

/** What its owner has on the screen is read. */
function useReading(open: OpenConversation) {
  const store = useLiveStore();
  const { summary, log, mine } = open;
  const upto = log?.loaded ? lastCustomerMessage(log.events) : 0;
  const session = summary?.id;
  const known = summary?.read_upto ?? 0;
  useEffect(() => {
    if (!session || !mine || upto <= known) return;
    const tell = () => {
      if (document.visibilityState === "visible")
        store.command("read", { session, upto }).catch(() => undefined);
    };
    tell();
    document.addEventListener("visibilitychange", tell);
    return () => document.removeEventListener("visibilitychange", tell);
  }, [store, session, mine, upto, known]);
}
