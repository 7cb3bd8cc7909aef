// A form that is saved or refused as a whole. What the server refuses stands at the field that it names, else above all of
// them, and what was typed stays.
import { Alert, Button, Group, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { fieldError, formError } from "./fieldErrors";

/** What is wrong with each field as it is typed; nothing is sent while anything is. */
export type Problems<Field extends string> = Partial<Record<Field, string | null>>;

export interface Saving<Field extends string> {
  /** What stands at a field: what is wrong with it, from the first try on, or why the server refused it. */
  problem: (field: Field) => string | null;
  /** Why the last try was refused. */
  error: Error | null;
  saving: boolean;
  submit: () => void;
}

/** `done` is for the form itself: it is not called once the form is gone, when another may stand in its place. */
export function useSave<Field extends string, Saved>(form: {
  problems: Problems<Field>;
  save: () => Promise<Saved>;
  done: (saved: Saved) => void;
}): Saving<Field> {
  const [tried, setTried] = useState(false);
  // What was typed may be a secret: once the form is gone, nothing remembers it.
  const { mutate, error, isPending } = useMutation({ mutationFn: form.save, gcTime: 0 });
  const isSound = Object.values(form.problems).every((problem) => !problem);
  return {
    problem: (field) => (tried && form.problems[field]) || fieldError(error, field),
    error,
    saving: isPending,
    submit: () => {
      setTried(true);
      if (isSound && !isPending) mutate(undefined, { onSuccess: form.done });
    },
  };
}

export function SaveForm(props: {
  saving: Pick<Saving<never>, "error" | "saving" | "submit">;
  /** The fields that show a refusal themselves. */
  fields: readonly string[];
  cancel: () => void;
  /** What the button says. */
  verb?: string;
  children: ReactNode;
}) {
  const { saving, submit, error } = props.saving;
  const above = formError(error, props.fields);
  return (
    <form
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="sm">
        {above && (
          <Alert color="red" variant="light" role="alert">
            {above}
          </Alert>
        )}
        {props.children}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={props.cancel}>
            Cancel
          </Button>
          <Button type="submit" loading={saving}>
            {props.verb ?? "Save"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
