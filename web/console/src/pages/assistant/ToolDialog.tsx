import {
  Group,
  Modal,
  NumberInput,
  Select,
  SimpleGrid,
  Switch,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import type { Tool, ToolMethod } from "../../api/assistant";
import { ApiError } from "../../api/client";
import { numberOf, shownNumber } from "../../components/numbers";
import { SaveForm, useSave } from "../../components/SaveForm";
import { useLast } from "../../components/useLast";
import { ArgumentRows } from "./ArgumentRows";
import { HeaderRows } from "./HeaderRows";
import { useToolChanges } from "./queries";
import { emptyTool, problemsOf, type TypedTool, typedTool, wantedOf } from "./tool";

const NAME_MAX_CHARS = 48;
const DESCRIPTION_MAX_CHARS = 1000;
const methods: ToolMethod[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const fields = [
  "name",
  "description",
  "url",
  "arguments",
  "headers",
  "timeout_ms",
  "response_max_bytes",
] as const;
type Problem = (field: (typeof fields)[number]) => string | null;

/** Describes a tool, or changes one. */
export function ToolDialog(props: { edited: Tool | "new" | null; onClose: () => void }) {
  const { edited } = props;
  const shown = useLast(edited);
  const title = shown === "new" ? "New tool" : `Edit ${shown?.name ?? "tool"}`;
  return (
    <Modal opened={edited !== null} onClose={props.onClose} title={title} size="xl">
      {edited && <ToolForm tool={edited === "new" ? null : edited} done={props.onClose} />}
    </Modal>
  );
}

function ToolForm(props: { tool: Tool | null; done: () => void }) {
  const { tool } = props;
  const [typed, setTyped] = useState<TypedTool>(() => (tool ? typedTool(tool) : emptyTool));
  const [told, setTold] = useState(tool);
  const changes = useToolChanges();
  const saving = useSave<(typeof fields)[number], Tool>({
    problems: problemsOf(typed),
    save: async () => {
      const wanted = wantedOf(typed, told);
      if (!told) return changes.add(wanted);
      try {
        return await changes.change(told.id, wanted);
      } catch (error) {
        // Whoever saves once more has been told that somebody else changed it, and does it knowingly.
        if (error instanceof ApiError && error.code === "conflict") setTold(changes.now(told.id) ?? told);
        throw error;
      }
    },
    done: props.done,
  });
  const set = (patch: Partial<TypedTool>) => setTyped((now) => ({ ...now, ...patch }));
  const { problem } = saving;

  return (
    <SaveForm saving={saving} fields={fields} cancel={props.done}>
      <Described typed={typed} set={set} problem={problem} />
      <ArgumentRows typed={typed} set={set} error={problem("arguments")} />
      <HeaderRows headers={typed.headers} error={problem("headers")} change={(headers) => set({ headers })} />
      <Bounds typed={typed} set={set} problem={problem} />
      <Switch
        label="The assistant may use it"
        checked={typed.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
      />
      {tool && (
        <Text size="xs" c="dimmed">
          A stored header keeps its value as long as the address stays at the same host.
        </Text>
      )}
    </SaveForm>
  );
}

type Set = (patch: Partial<TypedTool>) => void;

/** What it is, and where. */
function Described(props: { typed: TypedTool; set: Set; problem: Problem }) {
  const { typed, set, problem } = props;
  return (
    <>
      <TextInput
        label="Name"
        description="What the model calls it"
        placeholder="order_status"
        required
        data-autofocus
        maxLength={NAME_MAX_CHARS}
        value={typed.name}
        error={problem("name")}
        onChange={(event) => set({ name: event.currentTarget.value.toLowerCase().replace(/\s+/g, "_") })}
      />
      <Textarea
        label="Description"
        description="What it does and when it is to be used, in words for the model"
        placeholder="Looks an order up by its number, and says where it is."
        required
        autosize
        minRows={2}
        maxRows={8}
        maxLength={DESCRIPTION_MAX_CHARS}
        value={typed.description}
        error={problem("description")}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <Group align="flex-start" wrap="nowrap" gap="sm">
        <Select
          label="Method"
          w={120}
          mt={20}
          allowDeselect={false}
          data={methods}
          value={typed.method}
          onChange={(method) => set({ method: (method as ToolMethod | null) ?? typed.method })}
        />
        <TextInput
          label="Address"
          description="{name} stands for a required argument"
          placeholder="https://shop.example.com/orders/{order}"
          required
          style={{ flex: 1 }}
          value={typed.url}
          error={problem("url")}
          onChange={(event) => set({ url: event.currentTarget.value })}
        />
      </Group>
    </>
  );
}

/** How long it may take, and how much of it is read. */
function Bounds(props: { typed: TypedTool; set: Set; problem: Problem }) {
  const { typed, set, problem } = props;
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <NumberInput
        label="It may take"
        description="In milliseconds, 100 to 15,000"
        min={100}
        max={15_000}
        step={500}
        allowDecimal={false}
        value={shownNumber(typed.timeout_ms)}
        error={problem("timeout_ms")}
        onChange={(timeout_ms) => set({ timeout_ms: numberOf(timeout_ms) })}
      />
      <NumberInput
        label="Of its answer is read"
        description="In bytes, 256 to 65,536"
        min={256}
        max={65_536}
        step={1024}
        allowDecimal={false}
        value={shownNumber(typed.response_max_bytes)}
        error={problem("response_max_bytes")}
        onChange={(response_max_bytes) => set({ response_max_bytes: numberOf(response_max_bytes) })}
      />
    </SimpleGrid>
  );
}
