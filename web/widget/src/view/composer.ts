// Where the customer writes. Enter sends, Shift+Enter is a new line; what was typed outlives a reload.

import type { FileInfo } from "../live/files";
import type { Texts } from "../text";
import { AttachView, type Bring } from "./attach";
import { h, icon, SEND, setText } from "./dom";

/** As the server takes it. */
const TEXT_MAX_BYTES = 32 * 1024;
const TYPING_EVERY_MS = 3_000;
const TYPING_ENDS_MS = 4_000;
const HINT_MS = 8_000;

export type Writer = {
  say(text: string, files: FileInfo[]): boolean;
  bring: Bring;
  type(active: boolean): void;
  drafted(text: string): void;
};

export class ComposerView {
  readonly element: HTMLElement;
  readonly field: HTMLTextAreaElement;
  readonly attach: AttachView;
  private readonly hint: HTMLElement;
  private readonly button: HTMLButtonElement;
  private hintTimer: ReturnType<typeof setTimeout> | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private typingToldAt = 0;

  constructor(
    private readonly texts: Texts,
    private readonly writer: Writer,
    draft: string,
  ) {
    this.field = h("textarea", {
      rows: "1",
      "aria-label": texts.write,
      placeholder: texts.write,
      dir: "auto",
      enterkeyhint: "send",
    });
    this.field.value = draft;
    this.button = h("button", { class: "send", type: "submit", "aria-label": texts.send }, icon(...SEND));
    this.hint = h("p", { class: "hint", role: "status" });
    this.attach = new AttachView(texts, writer.bring, () => this.allow());
    const form = h(
      "form",
      { class: "composer" },
      this.attach.button,
      this.attach.picker,
      this.field,
      this.button,
    );
    this.element = h("div", {}, this.hint, this.attach.list, form);
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => {
      // Enter that ends a composition (Japanese, Chinese, Korean) sends nothing.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("paste", (event) => {
      if ((event.clipboardData?.files.length ?? 0) === 0) return;
      event.preventDefault();
      this.attach.add(event.clipboardData?.files);
    });
    this.field.addEventListener("blur", () => this.stopTyping());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
      this.field.focus();
    });
    this.allow();
  }

  /** As high as its text, up to a limit. */
  fit(): void {
    this.field.style.setProperty("height", "auto");
    this.field.style.setProperty("height", `${this.field.scrollHeight + 2}px`);
  }

  /** Of somebody else: nothing is told of typing. */
  write(text: string): void {
    clearTimeout(this.typingTimer);
    this.typingToldAt = 0;
    this.field.value = text;
    this.attach.clear();
    this.fit();
  }

  private send(): void {
    const text = this.field.value.trim();
    const files = this.attach.ready;
    if (!files || (!text && files.length === 0)) return;
    const refused = this.refusal(text, files);
    this.hintAt(refused);
    if (refused) return;
    this.field.value = "";
    this.attach.clear();
    this.stopTyping();
    this.changed();
  }

  /** Why a text was not taken; empty when it was. */
  private refusal(text: string, files: FileInfo[]): string {
    if (new TextEncoder().encode(text).length > TEXT_MAX_BYTES) return this.texts.tooLong;
    return this.writer.say(text, files) ? "" : this.texts.tooMuch;
  }

  private changed(): void {
    const text = this.field.value;
    this.allow();
    this.writer.drafted(text);
    this.fit();
    if (!text.trim()) return;
    const now = Date.now();
    if (now - this.typingToldAt > TYPING_EVERY_MS) {
      this.typingToldAt = now;
      this.writer.type(true);
    }
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.stopTyping(), TYPING_ENDS_MS);
  }

  /** There is something to send, and all of it is there. */
  private allow(): void {
    const files = this.attach.ready;
    this.button.disabled = !files || (!this.field.value.trim() && files.length === 0);
  }

  private stopTyping(): void {
    clearTimeout(this.typingTimer);
    if (this.typingToldAt === 0) return;
    this.typingToldAt = 0;
    this.writer.type(false);
  }

  private hintAt(text: string): void {
    clearTimeout(this.hintTimer);
    setText(this.hint, text);
    if (text) this.hintTimer = setTimeout(() => setText(this.hint, ""), HINT_MS);
  }
}
