// Files that are to go with the next message: brought at once when they are picked, so that sending takes no time.

import { FILES_MAX, type FileInfo, sizeOf } from "../live/files";
import type { Texts } from "../text";
import { CLIP, CLOSE, h, icon, setText } from "./dom";

/** Rejects with the status of the refusal. */
export type Bring = (file: File, progress: (part: number) => void) => Promise<FileInfo>;

type Pending = { kept?: FileInfo; failed?: boolean };

export class AttachView {
  readonly button: HTMLButtonElement;
  readonly picker: HTMLInputElement;
  readonly list: HTMLElement;
  private readonly pending = new Set<Pending>();

  constructor(
    private readonly texts: Texts,
    private readonly bring: Bring,
    private readonly changed: () => void,
  ) {
    const label = { "aria-label": texts.attach };
    this.picker = h("input", {
      ...label,
      type: "file",
      multiple: true,
      hidden: true,
      onchange: () => this.take(),
    });
    const pick = () => this.picker.click();
    this.button = h(
      "button",
      { ...label, class: "plain clip", type: "button", onclick: pick },
      icon(...CLIP),
    );
    this.list = h("ul", { ...label, class: "files pending" });
  }

  /** What is there to be sent; `null` while something is still on its way. */
  get ready(): FileInfo[] | null {
    const good = [...this.pending].filter((one) => !one.failed);
    const kept = good.flatMap((one) => one.kept ?? []);
    return kept.length === good.length ? kept : null;
  }

  add(files: FileList | null | undefined): void {
    for (const file of files ?? []) this.begin(file);
  }

  clear(): void {
    this.pending.clear();
    this.list.replaceChildren();
    this.changed();
  }

  private take(): void {
    this.add(this.picker.files);
    this.picker.value = "";
  }

  private begin(file: File): void {
    const one: Pending = {};
    const state = h("span", { class: "size", role: "status" });
    const remove = () => {
      this.pending.delete(one);
      element.remove();
      this.changed();
    };
    const label = `${this.texts.remove}: ${file.name}`;
    const button = h("button", { class: "plain", type: "button", "aria-label": label, onclick: remove });
    button.append(icon(...CLOSE));
    const element = h("li", {}, h("span", { class: "name", dir: "auto" }, file.name), state, button);
    this.list.append(element);
    const going =
      this.pending.size < FILES_MAX
        ? this.bring(file, (part) => setText(state, `${Math.floor(part * 100)} %`))
        : Promise.reject(0);
    this.pending.add(one);
    this.changed();
    const ended = (text: string) => {
      setText(state, text);
      this.changed();
    };
    going.then(
      (kept) => {
        one.kept = kept;
        ended(sizeOf(file.size));
      },
      (status) => {
        one.failed = true;
        element.classList.add("bad");
        ended(status === 413 ? this.texts.fileTooLarge : this.texts.fileFailed);
      },
    );
  }
}
