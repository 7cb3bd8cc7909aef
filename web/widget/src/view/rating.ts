// One to five stars and a word, asked once when a conversation ends. Radio buttons, so arrow keys and screen readers know them.

import type { State } from "../live/state";
import type { Texts } from "../text";
import { h, icon, setText } from "./dom";

const STAR = "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1.1 5.9-5.3-2.9-5.3 2.9 1.1-5.9-4.3-4.1 5.9-.8z";
const COMMENT_MAX = 1_000;

export class RatingView {
  readonly element: HTMLElement;
  private readonly form: HTMLFormElement;
  private readonly thanks: HTMLElement;
  private readonly labels: HTMLLabelElement[] = [];
  private readonly more: HTMLElement;

  constructor(
    private readonly texts: Texts,
    rate: (score: number, comment: string) => void,
  ) {
    const stars = h("div", { class: "stars" });
    for (let score = 1; score <= 5; score += 1) {
      const input = h("input", {
        type: "radio",
        name: "score",
        value: String(score),
        "aria-label": texts.stars(score),
      });
      const label = h("label", {}, input, icon(STAR));
      this.labels.push(label);
      stars.append(label);
    }
    const comment = h("textarea", {
      rows: "2",
      maxlength: String(COMMENT_MAX),
      "aria-label": texts.comment,
      placeholder: texts.comment,
    });
    this.more = h(
      "div",
      { hidden: true },
      comment,
      h("button", { class: "solid", type: "submit" }, texts.submit),
    );
    this.form = h("form", {}, h("fieldset", {}, h("legend", {}, texts.rate), stars), this.more);
    this.form.addEventListener("change", () => this.light());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const score = this.score();
      if (score > 0) rate(score, comment.value.trim());
    });
    this.thanks = h("p", { role: "status" });
    this.element = h("div", { class: "rating", hidden: true }, this.form, this.thanks);
  }

  render(state: State): void {
    const { asked, score } = state.rating;
    // Who has written on after it was asked has other things in mind.
    const wanted = asked && state.owner.status === "closed";
    this.element.hidden = !wanted;
    this.form.hidden = score !== null;
    setText(this.thanks, wanted && score !== null ? this.texts.thanks : "");
  }

  private score(): number {
    return Number(new FormData(this.form).get("score") ?? 0);
  }

  private light(): void {
    const score = this.score();
    for (const [at, label] of this.labels.entries()) label.classList.toggle("lit", at < score);
    this.more.hidden = score === 0;
    this.element.scrollIntoView({ block: "nearest" });
  }
}
