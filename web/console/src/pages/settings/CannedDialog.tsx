import { Button, Group, Modal, Select, Text, Textarea, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import type { CannedReply } from "../../api/types";
import { type Problems, SaveForm, useSave } from "../../components/SaveForm";
import { useTeam } from "../team/queries";
import { type CannedText, useCannedChanges } from "./canned";

const SHORTCUT_MAX_CHARS = 40;
const TITLE_MAX_CHARS = 200;
const TEXT_MAX_CHARS = 8000;
const placeholders = ["{{customer.name}}", "{{agent.name}}"];
const fields = ["shortcut", "title", "text", "team"] as const;
const empty: CannedText = { shortcut: "", title: "", text: "", team: null };

export function CannedDialog(props: { edited: CannedReply | "new" | null; onClose: () => void }) {
  const { edited } = props;
  const title = edited === "new" ? "New canned reply" : "Edit canned reply";
  return (
    <Modal opened={edited !== null} onClose={props.onClose} title={title} size="lg">
      {edited && <CannedForm reply={edited === "new" ? null : edited} done={props.onClose} />}
    </Modal>
  );
}

function CannedForm(props: { reply: CannedReply | null; done: () => void }) {
  const { reply } = props;
  const [typed, setTyped] = useState<CannedText>(() => (reply ? textOf(reply) : empty));
  const area = useRef<HTMLTextAreaElement>(null);
  const team = useTeam();
  const changes = useCannedChanges();
  const saving = useSave({
    problems: problemsOf(typed),
    save: () => {
      const tidy = { ...typed, title: typed.title.trim() };
      return reply ? changes.change(reply.id, tidy) : changes.add(tidy);
    },
    done: props.done,
  });
  const set = (patch: Partial<CannedText>) => setTyped((now) => ({ ...now, ...patch }));

  function insert(placeholder: string) {
    const at = area.current?.selectionStart ?? typed.text.length;
    set({ text: typed.text.slice(0, at) + placeholder + typed.text.slice(at) });
    area.current?.focus();
  }

  return (
    <SaveForm saving={saving} fields={fields} cancel={props.done}>
      <Group grow align="flex-start">
        <TextInput
          label="Shortcut"
          description="Small letters, digits and hyphens"
          required
          data-autofocus
          leftSection="/"
          maxLength={SHORTCUT_MAX_CHARS}
          value={typed.shortcut}
          error={saving.problem("shortcut")}
          onChange={(event) =>
            set({ shortcut: event.currentTarget.value.toLowerCase().replace(/\s+/g, "-") })
          }
        />
        <TextInput
          label="Title"
          description="What the list shows"
          required
          maxLength={TITLE_MAX_CHARS}
          value={typed.title}
          error={saving.problem("title")}
          onChange={(event) => set({ title: event.currentTarget.value })}
        />
      </Group>
      <Textarea
        ref={area}
        label="Text"
        required
        autosize
        minRows={5}
        maxRows={14}
        maxLength={TEXT_MAX_CHARS}
        value={typed.text}
        error={saving.problem("text")}
        onChange={(event) => set({ text: event.currentTarget.value })}
      />
      <Group gap="xs">
        <Text size="xs" c="dimmed">
          Insert
        </Text>
        {placeholders.map((placeholder) => (
          <Button
            key={placeholder}
            variant="default"
            size="compact-xs"
            ff="monospace"
            onClick={() => insert(placeholder)}
          >
            {placeholder}
          </Button>
        ))}
      </Group>
      <Select
        label="For"
        placeholder="Everybody"
        clearable
        data={(team.data?.teams ?? []).map((one) => ({ value: one.id, label: one.name }))}
        value={typed.team}
        error={saving.problem("team")}
        onChange={(next) => set({ team: next })}
      />
    </SaveForm>
  );
}

function textOf(reply: CannedReply): CannedText {
  return { shortcut: reply.shortcut, title: reply.title, text: reply.text, team: reply.team };
}

function problemsOf(typed: CannedText): Problems<(typeof fields)[number]> {
  return {
    shortcut: /^[a-z0-9-]{1,40}$/.test(typed.shortcut) ? null : "Use small letters, digits and hyphens.",
    title: typed.title.trim() ? null : "Enter a title.",
    text: typed.text.trim() ? null : "Enter the text.",
  };
}
