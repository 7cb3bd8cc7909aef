import {
  Alert,
  Button,
  Group,
  NumberInput,
  PasswordInput,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconKey } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { ModelSettings } from "../../api/assistant";
import { ApiError } from "../../api/client";
import { Chip } from "../../components/Chip";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { fieldError, formError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import { ErrorState, LoadingRows } from "../../components/states";
import { changeOf, keyIsLost, type TypedModel, typedOf, wasOf } from "./model";
import { useModel, useModelChange, useModelNow } from "./queries";

const shown = ["base_url", "api_key", "model", "temperature", "answer_max_tokens"];

/** Which model answers for the organization: the installation's, its own, or none. */
export function ModelTab() {
  const model = useModel();
  if (model.isPending) return <LoadingRows rows={4} label="Loading the model" />;
  if (model.isError && !model.data) return <ErrorState error={model.error} retry={() => model.refetch()} />;
  return (
    <Stack>
      <Answering model={model.data} />
      <ModelForm model={model.data} />
    </Stack>
  );
}

function Answering(props: { model: ModelSettings }) {
  const { model } = props;
  const own = model.base_url !== null;
  return (
    <Section title="Who answers now">
      <Group gap="xs" mb={6}>
        <Text fw={600}>{model.asked ?? "The builtin assistant"}</Text>
        <Chip kind={model.asked ? "accent" : "quiet"}>
          {model.asked === null ? "No model" : own ? "Your own server" : "The installation’s server"}
        </Chip>
      </Group>
      <Text size="sm" c="dimmed" maw={640}>
        {model.asked === null
          ? "It answers from your knowledge and questions, word for word, without a model and without costs. Give a model below to have answers written."
          : "When it fails, is slow or your budget is used up, the builtin assistant answers from your knowledge in its place."}
      </Text>
    </Section>
  );
}

function ModelForm(props: { model: ModelSettings }) {
  const { model } = props;
  // What it was when somebody began to type: what they do not touch is not sent, whoever changes it meanwhile.
  const [base, setBase] = useState(model);
  const [typed, setTyped] = useState(() => typedOf(model));
  const [removing, setRemoving] = useState(false);
  const change = useModelChange();
  const modelNow = useModelNow();
  const save = useMutation({
    mutationFn: () => {
      const changes = changeOf(base, typed);
      return change({ ...changes, was: wasOf(base, changes) });
    },
    onSuccess: (now) => {
      begin(now);
      notifications.show({ message: "Saved. The next answer uses it." });
    },
    onError: async (error) => {
      // Whoever saves once more has been told, and does it knowingly.
      if (error instanceof ApiError && error.code === "conflict") setBase(await modelNow());
    },
  });
  const set = (patch: Partial<TypedModel>) => setTyped((now) => ({ ...now, ...patch }));
  const above = save.error ? formError(save.error, shown) : null;
  const unchanged = Object.keys(changeOf(base, typed)).length === 0;
  // Who has not begun to type sees what others have saved meanwhile.
  if (unchanged && model !== base) begin(model);

  function begin(now: ModelSettings) {
    setBase(now);
    setTyped(typedOf(now));
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!unchanged) save.mutate();
  }

  return (
    <Section
      title="A model of your own"
      hint="Any server that speaks OpenAI’s chat completions. What is left empty is the installation’s"
    >
      <form onSubmit={submit} noValidate>
        <Stack maw={640} gap="sm">
          {above && (
            <Alert color="red" variant="light" role="alert">
              {above}
            </Alert>
          )}
          <Fields model={model} typed={typed} set={set} error={save.error} />
          <Group justify="space-between" mt="xs">
            {model.has_key ? (
              <Button variant="default" onClick={() => setRemoving(true)}>
                Remove the key
              </Button>
            ) : (
              <span />
            )}
            <Group gap="xs">
              {!unchanged && (
                <Button
                  variant="default"
                  onClick={() => {
                    begin(model);
                    save.reset();
                  }}
                >
                  Discard
                </Button>
              )}
              <Button type="submit" loading={save.isPending} disabled={unchanged}>
                Save model
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
      <RemoveKey
        model={model}
        opened={removing}
        onClose={() => setRemoving(false)}
        remove={() => change({ api_key: null })}
      />
    </Section>
  );
}

function Fields(props: {
  model: ModelSettings;
  typed: TypedModel;
  set: (patch: Partial<TypedModel>) => void;
  error: unknown;
}) {
  const { model, typed, set, error } = props;
  return (
    <>
      <TextInput
        label="Address"
        description="With the version, without /chat/completions"
        placeholder="https://api.openai.com/v1"
        type="url"
        value={typed.base_url}
        error={fieldError(error, "base_url")}
        onChange={(event) => set({ base_url: event.currentTarget.value })}
      />
      <TextInput
        label="Model"
        description="By the name that the server knows it by"
        placeholder="gpt-4o-mini"
        value={typed.model}
        error={fieldError(error, "model")}
        onChange={(event) => set({ model: event.currentTarget.value })}
      />
      <PasswordInput
        label="Key"
        description={
          model.has_key
            ? "One is stored. It is never shown again; type another one to replace it"
            : "None is stored. It goes in here and is never shown again"
        }
        autoComplete="off"
        placeholder={model.has_key ? "••••••••••••" : undefined}
        leftSection={<IconKey size={16} aria-hidden />}
        value={typed.api_key}
        error={fieldError(error, "api_key")}
        onChange={(event) => set({ api_key: event.currentTarget.value })}
      />
      {keyIsLost(model, typed) && (
        <Text size="sm" c="var(--warn)" role="status">
          The stored key is not sent to another address. Type the key of the new one, or it is asked without.
        </Text>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NumberInput
          label="Temperature"
          description="0 is steady, 2 is wild"
          placeholder="As the installation says"
          min={0}
          max={2}
          step={0.1}
          decimalScale={2}
          value={typed.temperature}
          error={fieldError(error, "temperature")}
          onChange={(temperature) => set({ temperature })}
        />
        <NumberInput
          label="Longest answer"
          description="In tokens, 16 to 8,000"
          placeholder="As the installation says"
          min={16}
          max={8000}
          step={50}
          allowDecimal={false}
          value={typed.answer_max_tokens}
          error={fieldError(error, "answer_max_tokens")}
          onChange={(answer_max_tokens) => set({ answer_max_tokens })}
        />
      </SimpleGrid>
    </>
  );
}

function RemoveKey(props: {
  model: ModelSettings;
  opened: boolean;
  onClose: () => void;
  remove: () => Promise<unknown>;
}) {
  return (
    <ConfirmDialog
      opened={props.opened}
      onClose={props.onClose}
      title="Remove the key?"
      confirm="Remove"
      danger
      action={props.remove}
    >
      <Text size="sm">
        {props.model.base_url === null
          ? "The installation’s server is asked with the installation’s key again."
          : "Your server is asked without a key from now on. If it needs one, the builtin assistant answers."}
      </Text>
    </ConfirmDialog>
  );
}
