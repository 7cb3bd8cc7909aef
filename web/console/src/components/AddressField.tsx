// An address that something is sent to, with what is wrong with it, and what a plain one means.
import { Text, TextInput } from "@mantine/core";
import { isOpen } from "./addresses";

export function AddressField(props: {
  label: string;
  description: string;
  placeholder: string;
  value: string;
  error: string | null;
  focus?: boolean;
  onChange: (text: string) => void;
}) {
  return (
    <div>
      <TextInput
        label={props.label}
        description={props.description}
        placeholder={props.placeholder}
        type="url"
        required
        data-autofocus={props.focus || undefined}
        value={props.value}
        error={props.error}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      />
      {isOpen(props.value) && (
        <Text size="xs" c="var(--warn)" mt={4} role="note">
          Without https, everybody on the way can read what customers write.
        </Text>
      )}
    </div>
  );
}
