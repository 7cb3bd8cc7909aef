// Files are sent one after the other, each with its own end: what is refused says why, and the others go on.
import { Button, CloseButton, Group, Loader, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck, IconCloudUpload } from "@tabler/icons-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { count } from "../../components/labels";
import { explain } from "../../components/states";
import type { AdvancedPart } from "./AddDialog";
import classes from "./Knowledge.module.css";
import { useDocumentChanges } from "./queries";
import { ACCEPTED, fileProblem, size } from "./states";
import type { KnowledgeDocument } from "./types";

/** What the server takes until it has said its own limit. */
const FILE_MAX_BYTES = 10 * 1024 * 1024;
const FILES_MAX = 50;

const keyOf = (file: File) => `${file.name} ${file.size} ${file.lastModified}`;

const holds = (chosen: Chosen[], one: Chosen) => chosen.some(({ file }) => keyOf(file) === keyOf(one.file));

/** Each file once, however often it was dropped. */
function distinct(chosen: Chosen[]): Chosen[] {
  const known = new Map<string, Chosen>();
  for (const one of chosen) if (!known.has(keyOf(one.file))) known.set(keyOf(one.file), one);
  return [...known.values()];
}

interface Chosen {
  file: File;
  state: "waiting" | "sending" | "sent" | "refused";
  why: string | null;
}

export function FilesForm(props: {
  replace: KnowledgeDocument | null;
  files: File[];
  maxBytes: number | undefined;
  advanced: AdvancedPart;
  done: () => void;
}) {
  const { replace, advanced } = props;
  const maxBytes = props.maxBytes ?? FILE_MAX_BYTES;
  const taken = (files: File[]): Chosen[] =>
    files.map((file) => {
      const why = fileProblem(file, maxBytes);
      return { file, state: why ? "refused" : "waiting", why };
    });
  const [chosen, setChosen] = useState<Chosen[]>(() =>
    distinct(taken(props.files)).slice(0, replace ? 1 : FILES_MAX),
  );
  const [sending, setSending] = useState(false);
  const changes = useDocumentChanges();
  const waiting = chosen.filter((one) => one.state === "waiting");
  const gone = useGone();

  function add(files: File[]) {
    const more = taken(files);
    // What was refused may be tried once more.
    const stays = (now: Chosen[]) => now.filter((one) => one.state !== "refused" || !holds(more, one));
    setChosen((now) => (replace ? more.slice(0, 1) : distinct([...stays(now), ...more]).slice(0, FILES_MAX)));
  }

  async function send() {
    setSending(true);
    const mark = (file: File, state: Chosen["state"], why: string | null = null) =>
      setChosen((now) => now.map((one) => (one.file === file ? { file, state, why } : one)));
    let refused = chosen.filter((one) => one.state === "refused").length;
    for (const { file } of waiting) {
      // Who has closed the dialog wants no more of it, and may have opened another one.
      if (gone.current) return;
      mark(file, "sending");
      try {
        const source = { ...advanced.chunking, upload: file };
        await (replace ? changes.replace(replace.id, source) : changes.add(source));
        mark(file, "sent");
      } catch (error) {
        refused += 1;
        mark(file, "refused", explain(error));
      }
    }
    setSending(false);
    if (refused > 0 || gone.current) return;
    notifications.show({ message: replace ? "The new version is being read." : "Added. Being read now." });
    props.done();
  }

  return (
    <Stack gap="sm">
      <Dropzone add={add} many={!replace} maxBytes={maxBytes} busy={sending} />
      {chosen.length > 0 && (
        <ul className={classes.files} aria-label="Chosen files">
          {chosen.map((one) => (
            <FileRow
              key={keyOf(one.file)}
              chosen={one}
              remove={sending ? null : () => setChosen((now) => now.filter((other) => other !== one))}
            />
          ))}
        </ul>
      )}
      {advanced.element}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={props.done}>
          {chosen.some((one) => one.state === "sent") ? "Close" : "Cancel"}
        </Button>
        <Button
          disabled={waiting.length === 0 || advanced.problem !== null}
          loading={sending}
          onClick={() => void send()}
        >
          {replace ? "Replace" : waiting.length > 1 ? `Add ${count(waiting.length, "file")}` : "Add"}
        </Button>
      </Group>
    </Stack>
  );
}

/** Whether what is asked about has left the screen. */
function useGone() {
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);
  return gone;
}

/** A place to drop files on, and a button for the same. What comes while files are sent would not be sent with them. */
function Dropzone(props: { add: (files: File[]) => void; many: boolean; maxBytes: number; busy: boolean }) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const hover = (event: DragEvent, is: boolean) => {
    event.preventDefault();
    setOver(is && !props.busy);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same for the keyboard
    <div
      className={classes.zone}
      data-over={over || undefined}
      onDragOver={(event) => hover(event, true)}
      onDragLeave={(event) => hover(event, false)}
      onDrop={(event) => {
        hover(event, false);
        if (!props.busy) props.add([...event.dataTransfer.files]);
      }}
    >
      <IconCloudUpload size={30} stroke={1.4} aria-hidden />
      <Text size="sm" fw={500}>
        Drop {props.many ? "files" : "a file"} here
      </Text>
      <Button
        variant="default"
        size="xs"
        data-autofocus
        disabled={props.busy}
        onClick={() => input.current?.click()}
      >
        Choose {props.many ? "files" : "a file"}…
      </Button>
      <Text size="xs" c="dimmed">
        PDF, Word, HTML, Markdown or text, up to {size(props.maxBytes)} each
      </Text>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Files"
        multiple={props.many}
        accept={ACCEPTED}
        onChange={(event) => {
          props.add([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}

function FileRow(props: { chosen: Chosen; remove: (() => void) | null }) {
  const { file, state, why } = props.chosen;
  return (
    <li className={classes.file}>
      {state === "sending" && <Loader size={14} aria-hidden />}
      {state === "sent" && <IconCheck size={16} color="var(--good)" aria-hidden />}
      {state === "refused" && <IconAlertTriangle size={16} color="var(--bad)" aria-hidden />}
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" truncate>
          {file.name}
        </Text>
        <Text
          size="xs"
          c={state === "refused" ? "var(--bad)" : "dimmed"}
          role={state === "refused" ? "alert" : undefined}
        >
          {why ??
            `${size(file.size)}${state === "sending" ? " · being sent" : state === "sent" ? " · added" : ""}`}
        </Text>
      </div>
      {props.remove && state !== "sent" && (
        <CloseButton size="sm" aria-label={`Leave out ${file.name}`} onClick={props.remove} />
      )}
    </li>
  );
}
