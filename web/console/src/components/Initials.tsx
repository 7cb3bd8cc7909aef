import { Avatar } from "@mantine/core";

const placeholder = { background: "var(--surface-selected)", color: "var(--mantine-color-text)", border: 0 };

/** A picture's place, beside the name: so it says nothing to screen readers. */
export function Initials(props: { name: string | null; size: number }) {
  return <Avatar size={props.size} name={props.name ?? undefined} styles={{ placeholder }} aria-hidden />;
}
