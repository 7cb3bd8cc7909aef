// Files that are to go with the next reply: brought at once when they are picked, so that sending takes no time.
import { CloseButton, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Attachment } from "../api/types";
import classes from "./Attachments.module.css";
import { bring, FILES_MAX, sizeOf } from "./files";

export interface PendingFile {
  key: number;
  name: string;
  size: number;
  /** From 0 to 1. */
  part: number;
  file: Attachment | null;
  error: string | null;
}

let lastKey = 0;

export interface Pending {
  files: PendingFile[];
  /** What is there to be sent; `null` while something is still on its way. */
  ready: Attachment[] | null;
  add: (picked: Iterable<File>) => void;
  remove: (key: number) => void;
  clear: () => void;
}

export function usePendingFiles(session: string): Pending {
  const [files, setFiles] = useState<PendingFile[]>([]);
  const cancels = useRef(new Map<number, () => void>());
  // Another conversation has other files.
  // biome-ignore lint/correctness/useExhaustiveDependencies: anew for each conversation
  useEffect(() => {
    const running = cancels.current;
    return () => {
      for (const cancel of running.values()) cancel();
      running.clear();
      setFiles([]);
    };
  }, [session]);

  const change = (key: number, to: Partial<PendingFile>) =>
    setFiles((all) => all.map((one) => (one.key === key ? { ...one, ...to } : one)));
  const add = (picked: Iterable<File>) => {
    const room = FILES_MAX - files.length;
    for (const file of [...picked].slice(0, Math.max(0, room))) {
      lastKey += 1;
      const key = lastKey;
      const fresh = {
        key,
        name: file.name || "picture.png",
        size: file.size,
        part: 0,
        file: null,
        error: null,
      };
      setFiles((all) => [...all, fresh]);
      const upload = bring(session, file, (part) => change(key, { part }));
      cancels.current.set(key, upload.cancel);
      upload.done
        .then(
          (kept) => change(key, { file: kept, part: 1 }),
          (error: Error) => change(key, { error: error.message }),
        )
        .finally(() => cancels.current.delete(key));
    }
  };
  const remove = (key: number) => {
    cancels.current.get(key)?.();
    setFiles((all) => all.filter((one) => one.key !== key));
  };
  const there = files.filter((one) => one.error === null);
  const ready = there.every((one) => one.file !== null) ? there.flatMap((one) => one.file ?? []) : null;
  return { files, ready, add, remove, clear: () => setFiles([]) };
}

export function PendingFiles(props: { pending: Pending }) {
  const { files, remove } = props.pending;
  if (files.length === 0) return null;
  return (
    <ul className={classes.pending} aria-label="Files to send">
      {files.map((one) => (
        <li key={one.key}>
          <span className={classes.name} dir="auto">
            {one.name}
          </span>
          <Text
            size="xs"
            span
            role={one.error ? "alert" : "status"}
            className={one.error ? classes.problem : classes.size}
          >
            {one.error ?? (one.file ? sizeOf(one.size) : `${Math.floor(one.part * 100)} %`)}
          </Text>
          <CloseButton size="xs" aria-label={`Remove ${one.name}`} onClick={() => remove(one.key)} />
        </li>
      ))}
    </ul>
  );
}
