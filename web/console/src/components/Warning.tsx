import { Alert } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";

const styles = {
  root: { background: "var(--note-surface)", border: "1px solid var(--note-line)" },
  title: { color: "var(--note-text)" },
  icon: { color: "var(--note-text)" },
};

/** Something to think of before going on. What failed is an error and red instead. */
export function Warning(props: { title: string; children: ReactNode; live?: boolean }) {
  return (
    <Alert
      styles={styles}
      icon={<IconAlertTriangle size={18} />}
      title={props.title}
      role={props.live ? "alert" : "note"}
    >
      {props.children}
    </Alert>
  );
}
