// Files of the conversation: what frames say of them, and how they come by HTTP with the customer's own credential.

export type FileInfo = { id: string; name: string; mediaType: string; bytes: number; kind: string };

/** The most files of one message, as the server takes them. */
export const FILES_MAX = 10;

/** Checked, as the frames bring them. */
export function filesOf(sent: unknown): FileInfo[] {
  if (!Array.isArray(sent)) return [];
  const text = (one: unknown) => typeof one === "string";
  const fits = (one: FileInfo | null) => one && text(one.id) && text(one.name) && text(one.mediaType);
  return sent.filter(fits).slice(0, FILES_MAX);
}

/** A text that only stands for the files is not shown beside them. */
export function saidWith(text: string, files: FileInfo[]): string {
  const line = ({ kind, name }: FileInfo) =>
    `[${/^(image|audio|video)$/.test(kind) ? kind : "file"}: ${name}]`;
  return files.length && text === files.map(line).join("\n") ? "" : text;
}

/** Pictures that browsers draw, and the server calls so. */
export const isDrawn = (file: FileInfo): boolean => /^image\/(png|jpeg|gif|webp)$/.test(file.mediaType);

export function sizeOf(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Brings a file; rejects with the status of the refusal. `fetch` does not tell how far it has come. */
export function upload(
  url: string,
  headers: Record<string, string>,
  file: File,
  progress: (part: number) => void,
): Promise<FileInfo> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const name in headers) request.setRequestHeader(name, headers[name] as string);
    request.responseType = "json";
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onloadend = () => (request.status === 201 ? resolve(request.response) : reject(request.status));
    request.send(file);
  });
}
