// Where replies and notes are written. What is typed is kept per conversation until it was handed to the outbox.
import { ActionIcon, Button, Group, Tabs, Text, Textarea } from "@mantine/core";
import { IconLock, IconMessage, IconPaperclip, IconSend2 } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useMe } from "../api/session";
import type { CannedReply, Summary } from "../api/types";
import { useLiveStore } from "../live/hooks";
import { useCanned as useAllCanned } from "../pages/settings/canned";
import { useCommands } from "../shell/commands";
import fileClasses from "./Attachments.module.css";
import { CannedMenu, cannedOptionId } from "./CannedMenu";
import classes from "./Composer.module.css";
import { cannedQuery, filled, fitting } from "./canned";
import { type DraftKind, keepDraft, recallDraft } from "./drafts";
import { PendingFiles, usePendingFiles } from "./PendingFiles";
import { type Replaced, RewriteMenu } from "./RewriteMenu";
import { SuggestionCard } from "./SuggestionCard";
import { currentSuggestion } from "./timeline";
import type { OpenConversation } from "./useConversation";
import { useTypingSignal } from "./useTypingSignal";

export function Composer(props: { open: OpenConversation; summary: Summary }) {
  const { open, summary } = props;
  const [kind, setKind] = useState<DraftKind>("send");
  const [texts, setText] = useDrafts(summary.id);
  const text = texts[kind];
  const field = useRef<HTMLTextAreaElement>(null);
  const store = useLiveStore();
  const typing = useTypingSignal(summary.id);
  const [replaced, setReplaced] = useState<Replaced | null>(null);
  const pending = usePendingFiles(summary.id);
  const picker = useRef<HTMLInputElement>(null);
  const [dropping, setDropping] = useState(false);
  const now = useRef({ kind, texts });
  now.current = { kind, texts };
  const closed = summary.owner === "closed" && kind === "send";
  const canned = useCanned(summary, kind === "send" ? text : "");
  const suggestion = open.log && summary.owner !== "closed" ? currentSuggestion(open.log.events) : null;

  const sendable =
    kind === "note"
      ? text.trim() !== ""
      : pending.ready !== null && (text.trim() !== "" || pending.ready.length > 0);

  // At once: who presses "n" and types on must not type into the shortcuts.
  const focus = (next: DraftKind) => {
    flushSync(() => setKind(next));
    field.current?.focus();
  };
  useCommands([
    { id: "reply", label: "Reply", group: "Conversation", key: "r", run: () => focus("send") },
    { id: "note", label: "Write a note", group: "Conversation", key: "n", run: () => focus("note") },
    {
      id: "canned",
      label: "Canned replies",
      group: "Conversation",
      key: "/",
      run: () => {
        focus("send");
        if (!texts.send && summary.owner !== "closed") setText("send", "/");
      },
    },
  ]);

  function change(value: string) {
    setText(kind, value);
    if (kind === "send") typing.typed(value);
  }
  function post() {
    const written = text.trim();
    const files = kind === "send" ? pending.ready : [];
    if (!files || (!written && files.length === 0) || closed) return;
    store.post(kind, summary.id, written, files);
    setText(kind, "");
    if (kind === "send") pending.clear();
    typing.stopped();
    field.current?.focus();
  }
  function put(value: string) {
    setText("send", value);
    focus("send");
  }
  function use(suggested: string) {
    if (texts.send.trim()) setReplaced({ before: texts.send, after: suggested });
    put(suggested);
  }
  /** It comes late: what was typed meanwhile stays, and the writer is not taken elsewhere. False when it was not used. */
  function rewritten(change: Replaced): boolean {
    if (now.current.kind !== "send" || now.current.texts.send !== change.before) return false;
    setReplaced(change);
    setText("send", change.after);
    return true;
  }
  /** Files go with replies; who drops them on a note means a reply. */
  function pick(picked: FileList | null | undefined): boolean {
    if (!picked || picked.length === 0 || summary.owner === "closed") return false;
    focus("send");
    pending.add(picked);
    return true;
  }
  function press(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key === "Escape" && kind === "send" && text === "/") setText("send", "");
    if (canned.press(event, (reply) => put(canned.fill(reply)))) return;
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      post();
    } else if (event.key === "Escape") field.current?.blur();
  }

  return (
    <section
      className={`${classes.composer} ${dropping ? fileClasses.dropping : ""}`}
      aria-label="Write"
      data-kind={kind}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        setDropping(false);
        if (event.dataTransfer.files.length > 0) event.preventDefault();
        pick(event.dataTransfer.files);
      }}
    >
      {suggestion && kind === "send" && <SuggestionCard suggestion={suggestion} onUse={use} />}
      <CannedMenu
        replies={canned.replies}
        at={canned.at}
        shown={canned.shown}
        loading={canned.loading}
        onChoose={(reply) => put(canned.fill(reply))}
      />
      <Tabs
        value={kind}
        onChange={(value) => focus(value as DraftKind)}
        variant="pills"
        className={classes.tabs}
      >
        <Group justify="space-between" wrap="nowrap">
          <Tabs.List>
            <Tabs.Tab value="send" leftSection={<IconMessage size={14} aria-hidden />}>
              Reply
            </Tabs.Tab>
            <Tabs.Tab value="note" color="yellow" leftSection={<IconLock size={14} aria-hidden />}>
              Note
            </Tabs.Tab>
          </Tabs.List>
          <Text size="xs" c="dimmed" truncate>
            {hint(open, summary, kind)}
          </Text>
        </Group>
        {(["send", "note"] as const).map((value) => (
          <Tabs.Panel key={value} value={value}>
            {value === kind && (
              <Textarea
                ref={field}
                autosize
                minRows={2}
                maxRows={10}
                variant="unstyled"
                aria-label={kind === "send" ? "Reply to the customer" : "Private note"}
                aria-autocomplete={kind === "send" ? "list" : undefined}
                aria-controls={canned.shown ? "canned" : undefined}
                aria-activedescendant={canned.current ? cannedOptionId(canned.current) : undefined}
                placeholder={placeholder(kind, closed)}
                readOnly={closed}
                aria-disabled={closed || undefined}
                dir="auto"
                value={text}
                onChange={(event) => change(event.currentTarget.value)}
                onKeyDown={press}
                onPaste={(event) => pick(event.clipboardData.files) && event.preventDefault()}
                onBlur={typing.stopped}
              />
            )}
          </Tabs.Panel>
        ))}
      </Tabs>
      {kind === "send" && <PendingFiles pending={pending} />}
      <Group justify="space-between">
        <Group gap={6}>
          <RewriteMenu
            text={texts.send}
            undo={replaced?.after === texts.send ? () => put(replaced.before) : null}
            onRewritten={rewritten}
            disabled={kind !== "send" || closed}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Attach files"
            disabled={kind !== "send" || closed}
            onClick={() => picker.current?.click()}
          >
            <IconPaperclip size={17} aria-hidden />
          </ActionIcon>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label="Files"
            onChange={(event) => {
              pick(event.currentTarget.files);
              event.currentTarget.value = "";
            }}
          />
        </Group>
        <Button
          size="xs"
          color={kind === "note" ? "yellow" : undefined}
          rightSection={<IconSend2 size={15} aria-hidden />}
          disabled={closed || !sendable}
          onClick={post}
        >
          {kind === "send" ? "Send" : "Add note"}
        </Button>
      </Group>
    </section>
  );
}

function placeholder(kind: DraftKind, closed: boolean): string {
  if (kind === "note") return "Only the team sees this";
  return closed ? "The conversation is closed" : "Write a reply, or / for a canned one";
}

/** What sending would do beside sending. */
function hint(open: OpenConversation, summary: Summary, kind: DraftKind): string {
  if (kind === "note") return "Never shown to the customer";
  if (open.mine || summary.owner === "closed") return "";
  if (summary.owner === "assistant") return "Your reply takes over from the assistant";
  if (summary.owner === "queue") return "Your reply takes this out of the queue";
  return `${summary.agent?.name ?? "An agent"} has this: your reply takes it over`;
}

type Texts = Record<DraftKind, string>;

function useDrafts(session: string): [Texts, (kind: DraftKind, text: string) => void] {
  const { user } = useMe();
  const [texts, setTexts] = useState(() => ({
    send: recallDraft(user.id, session, "send"),
    note: recallDraft(user.id, session, "note"),
  }));
  const set = (which: DraftKind, text: string) => setTexts((before) => ({ ...before, [which]: text }));
  useEffect(() => {
    keepDraft(user.id, session, "send", texts.send);
    keepDraft(user.id, session, "note", texts.note);
  }, [user.id, session, texts]);
  return [texts, set];
}

function useCanned(summary: Summary, text: string) {
  const { user } = useMe();
  const query = cannedQuery(text);
  const [dismissed, setDismissed] = useState<string | null>(null);
  const [chosen, setChosen] = useState(0);
  const found = useAllCanned(query !== null);
  // Dismissed is one search, not every later one that is spelled the same.
  useEffect(() => {
    if (query === null) setDismissed(null);
  }, [query]);
  const replies = query === null ? [] : fitting(found.data ?? [], query);
  const shown = query !== null && dismissed !== text;
  const at = Math.min(chosen, Math.max(0, replies.length - 1));
  const fill = (reply: CannedReply) =>
    filled(reply.text, { customer: summary.customer.name, agent: user.name });

  /** True when the key was meant for the menu. */
  function press(event: KeyboardEvent, choose: (reply: CannedReply) => void): boolean {
    if (!shown || event.nativeEvent.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const reply = replies[at];
    if (step && replies.length > 0) setChosen((at + step + replies.length) % replies.length);
    else if ((event.key === "Enter" || event.key === "Tab") && reply) choose(reply);
    else if (event.key === "Escape") setDismissed(text);
    // A search that finds nothing is not for the customer: Escape first, then Enter sends it.
    else if (event.key !== "Enter" || event.shiftKey) return false;
    event.preventDefault();
    return true;
  }
  return {
    replies,
    at,
    shown,
    loading: found.isPending && query !== null,
    current: shown ? replies[at] : undefined,
    fill,
    press,
  };
}
