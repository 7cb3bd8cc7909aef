// Shows a secret once. It lives in this dialog's state alone, and is gone when the dialog is closed.
import { Button, CopyButton, Group, Modal, Stack, TextInput } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Warning } from "./Warning";

/**
 * A dialog whose form makes a secret: in the form's place the secret is shown then. It is shown also where the dialog was closed
 * while the server made it, since nobody would ever see it else, and it is closed by its button alone.
 */
export function SecretDialog(props: {
  opened: boolean;
  onClose: () => void;
  title: string;
  size?: string;
  /** Whose secret it is: "webhook". */
  of: string;
  /** Who needs it. */
  keeper: string;
  /** What is signed with it. */
  signing: ReactNode;
  children: (show: (secret: string) => void) => ReactNode;
}) {
  const [secret, show] = useState<string | null>(null);
  const isShown = secret !== null;
  function close() {
    show(null);
    props.onClose();
  }
  return (
    <Modal
      opened={props.opened || isShown}
      onClose={close}
      title={isShown ? `The secret of the ${props.of}` : props.title}
      size={props.size ?? "lg"}
      closeOnClickOutside={!isShown}
      closeOnEscape={!isShown}
      withCloseButton={!isShown}
    >
      {isShown ? (
        <Shown secret={secret} keeper={props.keeper} signing={props.signing} close={close} />
      ) : (
        props.opened && props.children(show)
      )}
    </Modal>
  );
}

function Shown(props: { secret: string; keeper: string; signing: ReactNode; close: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  // The form that had the focus is gone.
  useEffect(() => field.current?.focus(), []);
  return (
    <Stack gap="md">
      <Warning title="It is shown only this once">
        Keep it where {props.keeper} finds it. Nobody can look it up later; if it is lost, make a new one.
      </Warning>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TextInput
          ref={field}
          label="Secret"
          readOnly
          autoComplete="off"
          style={{ flex: 1 }}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          value={props.secret}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton value={props.secret}>
          {({ copied, copy }) => (
            <>
              <Button
                variant="default"
                leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
                onClick={copy}
              >
                {copied ? "Copied" : "Copy"}
              </Button>
              <span className="visually-hidden" role="status">
                {copied ? "The secret was copied." : ""}
              </span>
            </>
          )}
        </CopyButton>
      </Group>
      {props.signing}
      <Group justify="flex-end">
        <Button onClick={props.close}>I have stored it</Button>
      </Group>
    </Stack>
  );
}
