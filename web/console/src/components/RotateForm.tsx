// Makes another secret in the place of the one of now.
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { SaveForm, useSave } from "./SaveForm";
import { isAhead } from "./time";
import { useRepeatable } from "./useRepeatable";

/** Says what becomes of the secret of now before another is made. */
export function RotateForm(props: {
  /** Makes it, and shows it. The same `key` once more makes no further one. */
  rotate: (key: string) => Promise<void>;
  cancel: () => void;
  /** Until when the secret before the one of now holds too, where it does. */
  previousUntil: string | null;
  /** What becomes of the secret of now. */
  children: ReactNode;
}) {
  // As long as the form stands it is one request, however often its answer is lost.
  const request = useRepeatable();
  const saving = useSave<never, void>({
    problems: {},
    save: () => props.rotate(request("rotate")),
    done: () => {},
  });
  return (
    <SaveForm saving={saving} fields={[]} cancel={props.cancel} verb="Make a new secret">
      <Text size="sm">
        {props.children}
        {isAhead(props.previousUntil) && " The secret before this one holds no longer then."}
      </Text>
    </SaveForm>
  );
}
