import {
  Alert,
  Badge,
  Button,
  Group,
  Modal,
  Radio,
  ScrollArea,
  Stack,
  Tabs,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState, useSyncExternalStore } from "react";
import { api } from "../api/client";
import { useMe } from "../api/session";
import type { Agent, Summary, TeamList } from "../api/types";
import { statusColor, statusWord } from "../components/people";
import { explain } from "../components/states";
import { useCommand, useLiveStore } from "../live/hooks";

/** To a person or to a team, with a note for whoever takes it. */
export function TransferDialog(props: { summary: Summary; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title="Transfer the conversation" size="md">
      <Form {...props} />
    </Modal>
  );
}

function Form(props: { summary: Summary; onClose: () => void }) {
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  const transfer = useCommand("transfer", props.onClose);

  function run() {
    const [kind, id] = [to.slice(0, to.indexOf(":")), to.slice(to.indexOf(":") + 1)];
    const { id: session, epoch } = props.summary;
    transfer.run({ session, epoch, to: { [kind]: id }, note: note.trim() });
  }

  return (
    <Stack>
      {transfer.error && (
        <Alert color="red" variant="light" role="alert">
          {explain(transfer.error)}
        </Alert>
      )}
      <Targets value={to} onChange={setTo} />
      <Textarea
        label="Note for them"
        description="Private: the customer does not see it."
        autosize
        minRows={2}
        maxRows={6}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={props.onClose}>
          Cancel
        </Button>
        <Button disabled={!to} loading={transfer.busy} onClick={run}>
          Transfer
        </Button>
      </Group>
    </Stack>
  );
}

function Targets(props: { value: string; onChange: (value: string) => void }) {
  const [search, setSearch] = useState("");
  const team = useQuery({ queryKey: ["team"], queryFn: () => api.get<TeamList>("/team") });
  const agents = useColleagues();
  const wanted = search.trim().toLowerCase();
  const people = agents.filter((agent) => agent.name.toLowerCase().includes(wanted));
  const teams = (team.data?.teams ?? []).filter((one) => one.name.toLowerCase().includes(wanted));
  return (
    <>
      <TextInput
        data-autofocus
        aria-label="Search people and teams"
        placeholder="Search people and teams"
        leftSection={<IconSearch size={15} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <Radio.Group aria-label="Transfer to" value={props.value} onChange={props.onChange}>
        <Tabs defaultValue="people">
          <Tabs.List>
            <Tabs.Tab value="people">People</Tabs.Tab>
            <Tabs.Tab value="teams">Teams</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="people" pt="sm">
            <ScrollArea.Autosize mah={240} type="auto">
              <Stack gap={4}>
                {people.map((agent) => (
                  <Person key={agent.id} agent={agent} />
                ))}
                {people.length === 0 && <Nobody />}
              </Stack>
            </ScrollArea.Autosize>
          </Tabs.Panel>
          <Tabs.Panel value="teams" pt="sm">
            <Stack gap="xs">
              {teams.map((one) => (
                <Radio key={one.id} value={`team:${one.id}`} label={one.name} />
              ))}
              {teams.length === 0 && <Nobody />}
            </Stack>
          </Tabs.Panel>
        </Tabs>
      </Radio.Group>
    </>
  );
}

function Nobody() {
  return (
    <Text size="sm" c="dimmed" role="status">
      Nobody is called that.
    </Text>
  );
}

function Person(props: { agent: Agent }) {
  const { agent } = props;
  const full = agent.load >= agent.capacity;
  const away = !agent.online || agent.status !== "available";
  return (
    <Radio
      value={`agent:${agent.id}`}
      disabled={!agent.online || full}
      py={4}
      label={
        <Group gap={8}>
          <span>{agent.name}</span>
          <Badge color={away ? statusColor(agent.online ? agent.status : "away") : "green"}>
            {agent.online ? statusWord(agent.status) : "Offline"}
          </Badge>
          <Text span size="xs" c="dimmed">
            {agent.load} of {agent.capacity}
            {full ? ", no room" : ""}
          </Text>
        </Group>
      }
      description={agent.skills.join(", ") || undefined}
    />
  );
}

/** The others, those who can take it first. */
function useColleagues(): Agent[] {
  const store = useLiveStore();
  const { user } = useMe();
  const agents = useSyncExternalStore(store.subscribe, () => store.getState().agents);
  const rank = (agent: Agent) =>
    (agent.online ? 0 : 4) + (agent.status === "available" ? 0 : 2) + (agent.load >= agent.capacity ? 1 : 0);
  return Object.values(agents)
    .filter((agent) => agent.id !== user.id)
    .sort(
      (a, b) =>
        rank(a) - rank(b) || a.load / a.capacity - b.load / b.capacity || a.name.localeCompare(b.name),
    );
}
