// Ctrl-K: everything that can be done or opened, by typing a part of its name.
import { Kbd, Modal, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { useLocation } from "wouter";
import { api } from "../api/client";
import type { Page, Summary } from "../api/types";
import { customerName, ownerText } from "../components/people";
import { useAllCommands } from "./commands";
import classes from "./Palette.module.css";

const FOUND_MAX = 8;

interface Choice {
  id: string;
  group: string;
  label: string;
  detail?: string | undefined;
  key?: string | undefined;
  run: () => void;
}

export function Palette() {
  const [opened, setOpened] = useState(false);
  useHotkeys([["mod+K", () => setOpened((before) => !before)]], []);
  return (
    <Modal.Root opened={opened} onClose={() => setOpened(false)} padding={0} size="lg" yOffset="12vh">
      <Modal.Overlay backgroundOpacity={0.45} />
      <Modal.Content aria-label="Find or do something" bg="var(--surface)">
        <Modal.Body>
          <Choices onDone={() => setOpened(false)} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function useChoices(query: string): Choice[] {
  const commands = useAllCommands();
  const [, navigate] = useLocation();
  const [asked] = useDebouncedValue(query.trim(), 180);
  const found = useQuery({
    queryKey: ["sessions", "palette", asked],
    queryFn: () => api.get<Page<Summary>>("/sessions", { owner: "open", q: asked, limit: FOUND_MAX }),
    enabled: asked.length > 1,
  });
  const wanted = query.trim().toLowerCase();
  const doing = commands
    .filter((command) => command.label.toLowerCase().includes(wanted) && command.group !== "Lists")
    .map((command) => ({ ...command, key: command.key }));
  const going = (asked.length > 1 ? (found.data?.items ?? []) : []).map((summary) => ({
    id: `session-${summary.id}`,
    group: "Conversations",
    label: customerName(summary.customer),
    detail: `${ownerText(summary)} · ${summary.last?.text ?? ""}`,
    run: () => navigate(`/inbox/${encodeURIComponent(summary.id)}`),
  }));
  return [...going, ...doing];
}

function Choices(props: { onDone: () => void }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const choices = useChoices(query);
  const current = choices[Math.min(at, choices.length - 1)];

  const choose = (choice: Choice | undefined) => {
    if (!choice) return;
    props.onDone();
    // The dialog gives the focus back first; the command may move it elsewhere.
    setTimeout(choice.run, 0);
  };
  function press(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && choices.length > 0) {
      event.preventDefault();
      setAt((Math.min(at, choices.length - 1) + step + choices.length) % choices.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(current);
    }
  }

  return (
    <>
      <TextInput
        data-autofocus
        variant="unstyled"
        size="lg"
        px="md"
        leftSection={<IconSearch size={18} />}
        placeholder="Find a conversation, a page, or something to do"
        aria-label="Find or do something"
        role="combobox"
        aria-expanded
        aria-controls="palette"
        aria-activedescendant={current ? `palette-${current.id}` : undefined}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <div role="listbox" id="palette" aria-label="What was found" className={classes.list}>
        {choices.map((choice) => (
          <UnstyledButton
            key={choice.id}
            id={`palette-${choice.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={choice === current}
            className={classes.choice}
            onClick={() => choose(choice)}
          >
            <span className={classes.group}>{choice.group}</span>
            <span className={classes.label}>
              {choice.label}
              {choice.detail && <span className={classes.detail}>{choice.detail}</span>}
            </span>
            {choice.key && <Kbd size="xs">{choice.key}</Kbd>}
          </UnstyledButton>
        ))}
      </div>
      {choices.length === 0 && (
        <Text size="sm" c="dimmed" p="md" role="status">
          Nothing is called that.
        </Text>
      )}
    </>
  );
}
