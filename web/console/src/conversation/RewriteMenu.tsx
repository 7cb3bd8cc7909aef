import { Button, Group, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowBackUp, IconWand } from "@tabler/icons-react";
import { useRef, useState } from "react";
import type { Style } from "../api/types";
import { explain } from "../components/states";
import { useLiveStore } from "../live/hooks";

const STYLES: { style: Style; label: string }[] = [
  { style: "friendly", label: "Friendlier" },
  { style: "formal", label: "More formal" },
  { style: "concise", label: "Shorter" },
  { style: "grammar", label: "Correct the grammar" },
];

/** The own words, and what took their place. */
export interface Replaced {
  before: string;
  after: string;
}

/** Rewrites what is typed; one step back brings the own words again. */
export function RewriteMenu(props: {
  text: string;
  undo: (() => void) | null;
  /** False when the text is another one by now. */
  onRewritten: (change: Replaced) => boolean;
  disabled: boolean;
}) {
  const store = useLiveStore();
  const [busy, setBusy] = useState(false);
  const latest = useRef(props.onRewritten);
  latest.current = props.onRewritten;

  async function rewrite(style: Style) {
    const before = props.text;
    setBusy(true);
    try {
      const { text } = await store.command("rewrite", { text: before, style });
      if (typeof text === "string" && !latest.current({ before, after: text }))
        notifications.show({ message: "The text was changed meanwhile, so the rewriting was not used." });
    } catch (error) {
      notifications.show({ color: "red", message: explain(error) });
    }
    setBusy(false);
  }

  return (
    <Group gap={4}>
      <Menu position="top-start" width={200}>
        <Menu.Target>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<IconWand size={15} aria-hidden />}
            disabled={props.disabled || !props.text.trim()}
            loading={busy}
          >
            Rewrite
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {STYLES.map(({ style, label }) => (
            <Menu.Item key={style} onClick={() => rewrite(style)}>
              {label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {props.undo && !props.disabled && (
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          leftSection={<IconArrowBackUp size={15} aria-hidden />}
          onClick={props.undo}
        >
          Undo
        </Button>
      )}
    </Group>
  );
}
