// The form below the conversation: an address, then its code, then how to end it.

import { h, setText } from "../view/dom";
import type { MailBridge } from "../view/element";
import { NOTHING, refusal, type Standing, standingOf, stepOf } from "./standing";
import { type MailTexts, mailTexts } from "./texts";

const STYLES = `
.by-mail{padding:0 14px 8px;text-align:center}
.by-mail form{padding:12px;border:1px solid var(--line);border-radius:12px;text-align:start}
.by-mail p{margin:0 0 8px;font-size:13.5px}
.by-mail label{display:block;font-size:13.5px;font-weight:600}
.by-mail input{display:block;width:100%;margin-top:4px;padding:8px 10px;border:1px solid var(--field);border-radius:9px;background:var(--surface);font:inherit;color:inherit}
.by-mail input:focus-visible{outline-offset:0;outline-width:2px;box-shadow:none}
.by-mail .bad{margin:8px 0 0;font-size:13px}
.by-mail .row{display:flex;flex-wrap:wrap;align-items:center;gap:4px 14px}
.by-mail .link{margin-top:8px;padding:4px 0;border:0;background:none;font-size:13.5px;text-decoration:underline}
@media(max-width:480px){.by-mail input{font-size:16px}}
`;

export class MailView {
  readonly element: HTMLElement;
  private readonly texts: MailTexts;
  private readonly toggle: HTMLButtonElement;
  private readonly form: HTMLFormElement;
  private readonly about: HTMLElement;
  private readonly label: HTMLLabelElement;
  private readonly name: HTMLElement;
  private readonly field: HTMLInputElement;
  private readonly submit: HTMLButtonElement;
  private readonly other: HTMLButtonElement;
  private readonly trouble: HTMLElement;
  private standing: Standing = NOTHING;
  private busy = false;

  constructor(private readonly bridge: MailBridge) {
    const { texts } = mailTexts(bridge.language);
    this.texts = texts;
    this.toggle = h("button", { class: "human", type: "button", "aria-expanded": "false" }, texts.open);
    this.toggle.addEventListener("click", () => (this.form.hidden ? void this.open() : this.close()));
    this.about = h("p", { role: "status" });
    this.name = h("span");
    this.field = h("input", { required: true });
    this.label = h("label", {}, this.name, this.field);
    this.submit = h("button", { class: "solid", type: "submit" });
    this.other = h("button", { class: "link", type: "button" });
    const cancel = h("button", { class: "link", type: "button", onclick: () => this.close() }, texts.close);
    this.other.addEventListener("click", () => this.again());
    this.trouble = h("p", { class: "status bad", role: "alert" });
    const row = h("div", { class: "row" }, this.submit, this.other, cancel);
    this.form = h("form", { hidden: true, novalidate: true }, this.about, this.label, this.trouble, row);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.go();
    });
    this.element = h("div", { class: "by-mail" }, this.toggle, this.form);
    this.show();
  }

  /** Constructed sheets need no permission of the page's content security policy. */
  dress(root: ShadowRoot): void {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    } catch {
      root.append(h("style", {}, STYLES));
    }
  }

  private async open(): Promise<void> {
    // Who has said nothing yet has no conversation that could go on.
    if (this.bridge.begun()) await this.ask("GET", "");
    this.form.hidden = false;
    this.toggle.hidden = true;
    this.show();
    this.focus();
  }

  private close(): void {
    this.form.hidden = true;
    this.toggle.hidden = false;
    setText(this.trouble, "");
    this.toggle.focus();
  }

  /** Another address in the place of the one that waits for its code. */
  private again(): void {
    this.standing = { ...this.standing, asked: null, proven: null };
    setText(this.trouble, "");
    this.show();
    this.focus();
  }

  private async go(): Promise<void> {
    const [step, value] = [stepOf(this.standing), this.field.value.trim()];
    if (this.busy || (step !== "proven" && !value)) return;
    if (step === "address") await this.ask("POST", "", { address: value });
    if (step === "code") await this.ask("POST", "/code", { code: value });
    if (step === "proven" && (await this.ask("DELETE", ""))) {
      this.standing = NOTHING;
      this.close();
    }
    this.show();
    if (!this.form.hidden) this.focus();
  }

  /** True when it was done. */
  private async ask(method: string, path: string, body?: object): Promise<boolean> {
    const step = stepOf(this.standing);
    this.busy = true;
    setText(this.trouble, "");
    try {
      const answer = await this.bridge.ask(method, path, body);
      if (!answer.ok) setText(this.trouble, refusal(answer.status, step, this.texts));
      else if (answer.status !== 204) this.settle(standingOf(await answer.json()));
      return answer.ok;
    } catch {
      setText(this.trouble, this.texts.failed);
      return false;
    } finally {
      this.busy = false;
    }
  }

  private settle(standing: Standing): void {
    const before = stepOf(this.standing);
    this.standing = standing;
    if (stepOf(standing) !== before) this.field.value = "";
  }

  private show(): void {
    const { texts, standing } = this;
    const step = stepOf(standing);
    const address = step === "code" ? standing.asked?.address : standing.proven?.address;
    const about = { address: texts.about, code: texts.sent(address ?? ""), proven: texts.on(address ?? "") };
    setText(this.about, about[step]);
    this.label.hidden = step === "proven";
    setText(this.name, step === "code" ? texts.code : texts.address);
    const code = step === "code";
    this.field.type = code ? "text" : "email";
    this.field.inputMode = code ? "numeric" : "email";
    this.field.autocomplete = code ? "one-time-code" : "email";
    this.field.maxLength = code ? 12 : 254;
    setText(this.submit, { address: texts.send, code: texts.confirm, proven: texts.stop }[step]);
    this.other.hidden = step === "address";
    setText(this.other, texts.other);
  }

  private focus(): void {
    (this.label.hidden ? this.submit : this.field).focus();
  }
}
