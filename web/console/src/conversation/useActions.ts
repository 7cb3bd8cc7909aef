// What the person may do with the open conversation, for the buttons, the keyboard and the palette alike.
import { notifications } from "@mantine/notifications";
import { explain } from "../components/states";
import { useLiveStore } from "../live/hooks";
import { type Command, useCommands } from "../shell/commands";
import { getPrefs, setPrefs } from "../shell/prefs";
import type { OpenConversation } from "./useConversation";

export type Dialog = "transfer" | "close" | null;

export interface Actions {
  take: (() => void) | null;
  takeLabel: string;
  /** Somebody else has it: no single key may take it away. */
  others: boolean;
  hold: (() => void) | null;
  handBack: (() => void) | null;
  giveBack: (() => void) | null;
  transfer: (() => void) | null;
  close: (() => void) | null;
  summarize: () => void;
}

export function useActions(open: OpenConversation, show: (dialog: Dialog) => void): Actions {
  const store = useLiveStore();
  const { summary, mine } = open;
  const session = summary?.id ?? "";

  const run = (type: string, fields: Record<string, unknown> = {}) => {
    store
      .command(type, { session, ...fields })
      .catch((error) => notifications.show({ color: "red", message: explain(error) }));
  };
  const others = summary?.owner === "human" && !mine;
  const actions: Actions = {
    take:
      summary && summary.owner !== "closed" && !mine
        ? () => run("claim", { epoch: summary.epoch, ...(others ? { force: true } : {}) })
        : null,
    takeLabel: others ? `Take over from ${summary?.agent?.name ?? "the agent"}` : "Take this conversation",
    others,
    hold: mine ? () => run(summary?.held ? "unhold" : "hold") : null,
    handBack: mine ? () => run("hand_back", { epoch: summary?.epoch }) : null,
    giveBack: mine ? () => run("return", { epoch: summary?.epoch }) : null,
    transfer: mine ? () => show("transfer") : null,
    close: mine ? () => show("close") : null,
    summarize: () => run("summarize"),
  };
  useCommands(commandsOf(actions, summary?.held ?? false));
  return actions;
}

function commandsOf(actions: Actions, held: boolean): Command[] {
  const list: (Omit<Command, "group" | "run"> & { run: (() => void) | null })[] = [
    { id: "take", label: actions.takeLabel, ...(actions.others ? {} : { key: "o" }), run: actions.take },
    { id: "transfer", label: "Transfer", key: "t", run: actions.transfer },
    { id: "hold", label: held ? "Take off hold" : "Hold", key: "h", run: actions.hold },
    { id: "hand-back", label: "Hand back to the assistant", key: "b", run: actions.handBack },
    { id: "give-back", label: "Return to the queue", key: "q", run: actions.giveBack },
    { id: "close", label: "Close the conversation", key: "c", run: actions.close },
    { id: "summarize", label: "Summarize", key: "s", run: actions.summarize },
    { id: "panel", label: "Show or hide the side panel", key: "i", run: togglePanel },
  ];
  return list.flatMap((one) => (one.run ? [{ ...one, run: one.run, group: "Conversation" as const }] : []));
}

export function togglePanel() {
  setPrefs({ panel: !getPrefs().panel });
}
