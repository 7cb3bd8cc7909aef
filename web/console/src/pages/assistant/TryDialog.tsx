import { Alert, Button, Code, Group, Modal, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Tool, ToolAnswer } from "../../api/assistant";
import { Chip } from "../../components/Chip";
import { fieldError, formError } from "../../components/fieldErrors";
import { useLast } from "../../components/useLast";
import { useToolChanges } from "./queries";
import { argumentsOf, isObject, rowsOf, type TypedArgument } from "./tool";

/** Uses a tool as the model would, and shows what the model would read. */
export function TryDialog(props: { tool: Tool | null; onClose: () => void }) {
  const { tool } = props;
  return (
    <Modal
      opened={tool !== null}
      onClose={props.onClose}
      title={`Try ${useLast(tool)?.name ?? ""}`}
      size="lg"
    >
      {tool && <TryForm tool={tool} />}
    </Modal>
  );
}

function TryForm(props: { tool: Tool }) {
  const { tool } = props;
  const rows = rowsOf(tool.arguments);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [json, setJson] = useState("{}");
  const { tryOut } = useToolChanges();
  const run = useMutation({
    mutationFn: () => tryOut(tool.id, rows ? argumentsOf(rows, typed) : JSON.parse(json)),
  });
  const broken = rows === null && !isObject(json);
  const above = run.error ? (fieldError(run.error, "arguments") ?? formError(run.error, [])) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!broken) run.mutate();
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          The service is really asked, with what you enter: {tool.method} {tool.url}
        </Text>
        {rows?.length === 0 && <Text size="sm">It takes no arguments.</Text>}
        {rows?.map((row) => (
          <Field
            key={row.name}
            row={row}
            value={typed[row.name] ?? ""}
            change={(value) => setTyped((now) => ({ ...now, [row.name]: value }))}
          />
        ))}
        {rows === null && (
          <Textarea
            label="Arguments"
            description="As JSON"
            autosize
            minRows={4}
            maxRows={12}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            value={json}
            error={broken ? "This is no JSON object." : null}
            onChange={(event) => setJson(event.currentTarget.value)}
          />
        )}
        {above && (
          <Alert color="red" variant="light" role="alert">
            {above}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button type="submit" leftSection={<IconPlayerPlay size={16} />} loading={run.isPending}>
            Try it
          </Button>
        </Group>
        {run.data && <Answer answer={run.data} />}
      </Stack>
    </form>
  );
}

function Field(props: { row: TypedArgument; value: string; change: (value: string) => void }) {
  const { row } = props;
  if (row.type === "boolean") {
    return (
      <Select
        label={row.name}
        description={row.description || undefined}
        required={row.required}
        clearable={!row.required}
        data={[
          { value: "true", label: "Yes" },
          { value: "false", label: "No" },
        ]}
        value={props.value || null}
        onChange={(value) => props.change(value ?? "")}
      />
    );
  }
  return (
    <TextInput
      label={row.name}
      description={row.description || undefined}
      required={row.required}
      inputMode={row.type === "string" ? "text" : "decimal"}
      value={props.value}
      onChange={(event) => props.change(event.currentTarget.value)}
    />
  );
}

function Answer(props: { answer: ToolAnswer }) {
  const { answer } = props;
  const { result } = answer;
  return (
    <section aria-label="What the model would read" aria-live="polite">
      <Group gap="xs" mb={6}>
        <Text size="sm" fw={600}>
          What the model would read
        </Text>
        <Chip kind={answer.succeeded ? "accent" : "bad"}>
          {answer.succeeded ? "Answered" : "No answer"}
          {answer.status !== null && ` · status ${answer.status}`}
        </Chip>
      </Group>
      <Code
        block
        tabIndex={0}
        mah={280}
        style={{ whiteSpace: "pre-wrap", overflow: "auto", overflowWrap: "anywhere" }}
      >
        {typeof result === "string" ? result : JSON.stringify(result, null, 2)}
      </Code>
    </section>
  );
}
