// A question with its answer, written or changed; also what a question without an answer becomes.
import { Alert, Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldError, formError } from "../../components/fieldErrors";
import { faqProblems, tidyFaq, variantsOf } from "./faqs";
import type { FaqText } from "./types";

const QUESTION_MAX_CHARS = 500;
const ANSWER_MAX_CHARS = 16_000;
const names = ["question", "variants", "answer", "url"] as const;

/** What the form begins with, and what saving does. */
export interface Edited {
  title: string;
  faq: FaqText;
  save: (faq: FaqText) => Promise<unknown>;
}

export function FaqDialog(props: { edited: Edited | null; onClose: () => void }) {
  const { edited } = props;
  return (
    <Modal opened={edited !== null} onClose={props.onClose} title={edited?.title} size="lg">
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
  const [tried, setTried] = useState(false);
  const typed = tidyFaq({ question, variants: variantsOf(variants), answer, url });
  const problems = faqProblems(typed);
  const save = useMutation({ mutationFn: () => props.edited.save(typed), onSuccess: props.done });
  const shown = (name: (typeof names)[number]) =>
    (tried ? problems[name] : null) ?? fieldError(save.error, name);
  const above = formError(save.error, [...names]);

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (names.every((name) => !problems[name])) save.mutate();
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {above && (
          <Alert color="red" variant="light" role="alert">
            {above}
          </Alert>
        )}
        <TextInput
          label="Question"
          required
          data-autofocus={faq.question ? undefined : true}
          maxLength={QUESTION_MAX_CHARS}
          value={question}
          error={shown("question")}
          onChange={(event) => setQuestion(event.currentTarget.value)}
        />
        <Textarea
          label="Other ways to ask it"
          description="One a line. Each is answered at once, whatever its case and punctuation"
          autosize
          minRows={2}
          maxRows={8}
          value={variants}
          error={shown("variants")}
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
          error={shown("answer")}
          onChange={(event) => setAnswer(event.currentTarget.value)}
        />
        <TextInput
          label="Where more can be read"
          description="The address of a page, shown below the answer"
          type="url"
          placeholder="https://"
          value={url}
          error={shown("url")}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={props.done}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
