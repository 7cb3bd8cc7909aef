// Files of a conversation: how they are brought, what they are called, and when their name is all that was said.
import { ApiError } from "../api/client";
import { currentSession } from "../api/session";
import type { Attachment } from "../api/types";

/** The most files of one message, as the server takes them. */
export const FILES_MAX = 10;

const TIMEOUT_MS = 10 * 60_000;
/** What the server shows within a page, and browsers draw. */
const DRAWN = ["image/png", "image/jpeg", "image/gif", "image/webp"];

export const pathOf = (session: string, file: string, inline: boolean): string =>
  `/sessions/${encodeURIComponent(session)}/files/${encodeURIComponent(file)}${inline ? "?inline=1" : ""}`;

export const isDrawn = (file: Attachment): boolean => DRAWN.includes(file.media_type);

/** `[image: garden.jpg]` in the place of a text stands for the files that are shown anyway. */
export function saidWith(text: string, files: Attachment[]): string {
  const line = (file: Attachment) =>
    file.kind === "document" || file.kind === "other"
      ? `[file: ${file.name}]`
      : `[${file.kind}: ${file.name}]`;
  return files.length > 0 && text === files.map(line).join("\n") ? "" : text;
}

/** `1.4 MB`, as file managers say it. */
export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export type Upload = { done: Promise<Attachment>; cancel: () => void };

/** Brings a file, and tells how far it has come: from 0 to 1. `fetch` does not tell, so this is the older way. */
export function bring(session: string, file: File, progress: (part: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Attachment>((resolve, reject) => {
    const query = new URLSearchParams({ name: file.name });
    request.open("POST", `/api/console/sessions/${encodeURIComponent(session)}/files?${query}`);
    const token = currentSession().session?.token;
    if (token) request.setRequestHeader("authorization", `Bearer ${token}`);
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    request.timeout = TIMEOUT_MS;
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () =>
      request.status === 201 ? resolve(request.response as Attachment) : reject(refusal(request));
    const lost = () => reject(new ApiError(0, "offline", "The server cannot be reached."));
    request.onerror = lost;
    request.ontimeout = lost;
    request.onabort = lost;
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

function refusal(request: XMLHttpRequest): ApiError {
  const error = (request.response as { error?: { message?: string } } | null)?.error;
  const words: Record<number, string> = {
    401: "Please log in again.",
    413: "This file is too large.",
    503: "Files cannot be taken right now. Please try again.",
  };
  const message = words[request.status] ?? error?.message ?? `the server answered ${request.status}`;
  return new ApiError(request.status, "invalid", message);
}
