// Files that go with a message. They are fetched with the person's own credential, so nobody's session is in an address.
import { Button, Loader, Text, UnstyledButton } from "@mantine/core";
import { IconDownload, IconFile, IconPlayerPlay } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { ApiError, api } from "../api/client";
import type { Attachment } from "../api/types";
import classes from "./Attachments.module.css";
import { isDrawn, pathOf, sizeOf } from "./files";

/** How long an address of a downloaded file is good for: browsers begin at once. */
const SAVED_MS = 60_000;

export function Attachments(props: { session: string; files: Attachment[] }) {
  return (
    <ul className={classes.files} aria-label="Files">
      {props.files.map((file) => (
        <li key={file.id}>
          {isDrawn(file) ? (
            <Picture session={props.session} file={file} />
          ) : (
            <Download session={props.session} file={file} />
          )}
          {file.kind === "audio" && <Sound session={props.session} file={file} />}
        </li>
      ))}
    </ul>
  );
}

type Shown = { url: string } | { error: string } | null;

/** The file as something that a page can show, as long as it is on the screen. */
function useShown(session: string, file: Attachment, wanted: boolean): Shown {
  const [shown, setShown] = useState<Shown>(null);
  useEffect(() => {
    if (!wanted) return;
    let url = "";
    let gone = false;
    api.file(pathOf(session, file.id, true)).then(
      (blob) => {
        if (gone) return;
        url = URL.createObjectURL(blob);
        setShown({ url });
      },
      (error) => !gone && setShown({ error: wordsFor(error) }),
    );
    return () => {
      gone = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [session, file.id, wanted]);
  return shown;
}

function Picture(props: { session: string; file: Attachment }) {
  const { session, file } = props;
  const shown = useShown(session, file, true);
  const { saving, error, save } = useSave(session, file);
  if (shown && "error" in shown) return <Download session={session} file={file} problem={shown.error} />;
  return (
    <>
      <UnstyledButton
        className={classes.picture}
        onClick={save}
        disabled={saving}
        aria-label={`Download ${file.name} ${sizeOf(file.bytes)}`}
        title={`${file.name} · ${sizeOf(file.bytes)}`}
      >
        {shown ? (
          <img src={shown.url} alt={file.name} />
        ) : (
          <Loader size="sm" aria-label={`Loading ${file.name}`} />
        )}
      </UnstyledButton>
      <Problem text={error} />
    </>
  );
}

function Sound(props: { session: string; file: Attachment }) {
  const [wanted, setWanted] = useState(false);
  const shown = useShown(props.session, props.file, wanted);
  if (shown && "error" in shown) return <Problem text={shown.error} />;
  if (shown) {
    return (
      // biome-ignore lint/a11y/useMediaCaption: a customer's voice note has no captions; its transcription is the message
      <audio className={classes.sound} controls autoPlay src={shown.url} aria-label={props.file.name} />
    );
  }
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={wanted}
      leftSection={<IconPlayerPlay size={13} aria-hidden />}
      onClick={() => setWanted(true)}
    >
      Play
    </Button>
  );
}

function Download(props: { session: string; file: Attachment; problem?: string }) {
  const { session, file } = props;
  const { saving, error, save } = useSave(session, file);
  return (
    <>
      <UnstyledButton
        className={classes.file}
        onClick={save}
        disabled={saving}
        aria-label={`Download ${file.name} ${sizeOf(file.bytes)}`}
      >
        <IconFile size={18} aria-hidden />
        <span className={classes.name} dir="auto">
          {file.name}
        </span>
        <span className={classes.size}>{sizeOf(file.bytes)}</span>
        {saving ? <Loader size={14} aria-hidden /> : <IconDownload size={15} aria-hidden />}
      </UnstyledButton>
      <Problem text={error ?? props.problem ?? null} />
    </>
  );
}

function Problem(props: { text: string | null }) {
  if (!props.text) return null;
  return (
    <Text size="xs" role="alert" className={classes.problem}>
      {props.text}
    </Text>
  );
}

function useSave(session: string, file: Attachment) {
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const save = () => {
    setSaving(true);
    setError(null);
    api
      .file(pathOf(session, file.id, false))
      .then((blob) => hand(blob, file.name))
      .catch((reason) => setError(wordsFor(reason)))
      .finally(() => setSaving(false));
  };
  return { saving, error, save };
}

/** Gives the file to the browser, to be kept by whoever asked for it. */
function hand(blob: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS);
}

function wordsFor(reason: unknown): string {
  if (!(reason instanceof ApiError)) return "The file cannot be shown.";
  if (reason.status === 404) return "This file is not there any more.";
  if (reason.status === 503) return "This file cannot be opened right now. Please try again later.";
  return reason.message;
}
