// A question with its answer, written or changed; also what a question without an answer becomes.
import { Modal, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { SaveForm, useSave } from "../../components/SaveForm";
import { useLast } from "../../components/useLast";
import { faqProblems, tidyFaq, variantsOf } from "./faqs";
import type { FaqText } from "./types";

const QUESTION_MAX_CHARS = 500;
const ANSWER_MAX_CHARS = 16_000;
const fields = ["question", "variants", "answer", "url"];

/** What the form begins with, and what saving does. */
export interface Edited {
  title: string;
  faq: FaqText;
  save: (faq: FaqText) => Promise<unknown>;
}

export function FaqDialog(props: { edited: Edited | null; onClose: () => void }) {
  const { edited } = props;
  return (
    <Modal opened={edited !== null} onClose={props.onClose} title={useLast(edited)?.title} size="lg">
      {edited && <FaqForm edited={edited} done={props.onClose} />}
    </Modal>
  );
}

function FaqForm(props: { edited: Edited; done: () => void }) {
  const { faq } = props.edited;
  const [question, setQuestion] = useState(faq.question);
  const [variants, setVariants] = useState(faq.variants.join("\n"));
  const [answer, setAnswer] = useState(faq.answer);
  const [url, setUrl] = useState(faq.url ?? "");
  const typed = tidyFaq({ question, variants: variantsOf(variants), answer, url });
  const saving = useSave({
    problems: faqProblems(typed),
    save: () => props.edited.save(typed),
    done: props.done,
  });
  return (
    <SaveForm saving={saving} fields={fields} cancel={props.done}>
      <TextInput
        label="Question"
        required
        data-autofocus={faq.question ? undefined : true}
        maxLength={QUESTION_MAX_CHARS}
        value={question}
        error={saving.problem("question")}
        onChange={(event) => setQuestion(event.currentTarget.value)}
      />
      <Textarea
        label="Other ways to ask it"
        description="One a line. Each is answered at once, whatever its case and punctuation"
        autosize
        minRows={2}
        maxRows={8}
        value={variants}
        error={saving.problem("variants")}
        onChange={(event) => setVariants(event.currentTarget.value)}
      />
      <Textarea
        label="Answer"
        description="Sent to customers as it stands here"
        required
        data-autofocus={faq.question ? true : undefined}
        autosize
        minRows={4}
        maxRows={14}
        maxLength={ANSWER_MAX_CHARS}
        value={answer}
        error={saving.problem("answer")}
        onChange={(event) => setAnswer(event.currentTarget.value)}
      />
      <TextInput
        label="Where more can be read"
        description="The address of a page, shown below the answer"
        type="url"
        placeholder="https://"
        value={url}
        error={saving.problem("url")}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
    </SaveForm>
  );
}
