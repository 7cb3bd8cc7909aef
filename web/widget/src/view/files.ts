// Files of a message as the log shows them: pictures, sound to play, and everything to keep.

import { type FileInfo, isDrawn, sizeOf } from "../live/files";
import type { Texts } from "../text";
import { FILE, h, icon, setText } from "./dom";

export type Fetcher = (id: string) => Promise<Blob>;

export function fileView(file: FileInfo, texts: Texts, fetcher: Fetcher): HTMLElement {
  const size = sizeOf(file.bytes);
  const sounds = file.kind === "audio";
  const label = `${sounds ? texts.play : texts.download}: ${file.name} ${size}`;
  const note = h("span", { class: "size", role: "status" }, size);
  const button = h(
    "button",
    {
      class: "file",
      type: "button",
      "aria-label": label,
      title: label,
      onclick: () => get(sounds ? play : save),
    },
    icon(...FILE),
    h("span", { class: "name", dir: "auto" }, file.name),
    // What is read out holds what is seen.
    " ",
    note,
  );
  if (isDrawn(file)) get(draw);
  return h("li", {}, button);

  function get(use: (url: string) => void): void {
    fetcher(file.id).then(
      (blob) => use(URL.createObjectURL(blob)),
      () => setText(note, texts.fileFailed),
    );
  }
  function play(url: string): void {
    button.replaceWith(h("audio", { controls: true, autoplay: true, src: url, "aria-label": file.name }));
  }
  function save(url: string): void {
    h("a", { href: url, download: file.name }).click();
  }
  /** In the place of the name; where the page lets no such picture in, the name stays. */
  function draw(url: string): void {
    const image = h("img", { src: url, alt: file.name, onload: () => button.replaceChildren(image) });
  }
}
