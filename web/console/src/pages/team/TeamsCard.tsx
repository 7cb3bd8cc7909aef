// Teams: names that conversations can be sent to. Who is in one is set at the person.
import { ActionIcon, Alert, Button, Group, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { IconCheck, IconPencil, IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useIsAdmin } from "../../api/session";
import type { Colleague, Team, TeamList } from "../../api/types";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { fieldError, formError } from "../../components/fieldErrors";
import { Initials } from "../../components/Initials";
import { Section } from "../../components/Section";
import { EmptyState } from "../../components/states";
import { useTeamChanges } from "./queries";

const NAME_MAX_CHARS = 200;

export function TeamsCard(props: { team: TeamList }) {
  const admin = useIsAdmin();
  const changes = useTeamChanges();
  const [editing, setEditing] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<Team | null>(null);
  const { teams, agents } = props.team;
  const add = admin && editing !== "new" && (
    <Button
      variant="subtle"
      size="compact-sm"
      leftSection={<IconPlus size={14} />}
      onClick={() => setEditing("new")}
    >
      Add a team
    </Button>
  );
  return (
    <Section
      title="Teams"
      hint="Conversations can be sent to a team by a rule or by a transfer."
      actions={add}
      flush
    >
      {teams.length === 0 && editing !== "new" && (
        <EmptyState title="No teams yet">
          Everybody is asked for every conversation that fits their skills.
        </EmptyState>
      )}
      {(teams.length > 0 || editing === "new") && (
        <Table verticalSpacing="sm" horizontalSpacing="md">
          <Table.Tbody>
            {teams.map((team) => (
              <Table.Tr key={team.id}>
                <Table.Td>
                  {editing === team.id ? (
                    <NameForm
                      name={team.name}
                      save={(name) => changes.renameTeam(team.id, name)}
                      done={() => setEditing(null)}
                    />
                  ) : (
                    <TeamRow
                      team={team}
                      members={agents.filter((agent) => agent.active && agent.teams.includes(team.id))}
                      rename={() => setEditing(team.id)}
                      remove={() => setDeleting(team)}
                    />
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
            {editing === "new" && (
              <Table.Tr>
                <Table.Td>
                  <NameForm name="" save={changes.addTeam} done={() => setEditing(null)} />
                </Table.Td>
              </Table.Tr>
            )}
          </Table.Tbody>
        </Table>
      )}
      <ConfirmDialog
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete the team ${deleting?.name ?? ""}?`}
        confirm="Delete"
        danger
        action={() => (deleting ? changes.deleteTeam(deleting.id) : Promise.resolve())}
      >
        <Text size="sm">
          Its people stay. Conversations that wait for this team are then offered to everybody who can take
          them, and rules that name it no longer do.
        </Text>
      </ConfirmDialog>
    </Section>
  );
}

function TeamRow(props: { team: Team; members: Colleague[]; rename: () => void; remove: () => void }) {
  const { team, members } = props;
  const admin = useIsAdmin();
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm" fw={500} style={{ flex: "0 1 14rem", overflowWrap: "anywhere" }}>
        {team.name}
      </Text>
      <Group gap="xs" style={{ flex: 1 }}>
        <Group gap={4} wrap="nowrap" aria-hidden>
          {members.slice(0, 5).map((agent) => (
            <Initials key={agent.id} size={26} name={agent.name} />
          ))}
        </Group>
        <Text size="sm" c="dimmed">
          {members.length === 0
            ? "Nobody: conversations for it would wait"
            : members.map((agent) => agent.name).join(", ")}
        </Text>
      </Group>
      {admin && (
        <Group gap={4} wrap="nowrap">
          <Tooltip label="Rename">
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={props.rename}
              aria-label={`Rename ${team.name}`}
            >
              <IconPencil size={16} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Delete">
            <ActionIcon
              variant="subtle"
              color="gray"
              onClick={props.remove}
              aria-label={`Delete ${team.name}`}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
      )}
    </Group>
  );
}

function NameForm(props: { name: string; save: (name: string) => Promise<unknown>; done: () => void }) {
  const [name, setName] = useState(props.name);
  const save = useMutation({ mutationFn: () => props.save(name.trim()), onSuccess: props.done });
  const above = formError(save.error, ["name"]);
  function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim()) save.mutate();
  }
  return (
    <form onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && props.done()}>
      {above && (
        <Alert color="red" variant="light" role="alert" mb="xs">
          {above}
        </Alert>
      )}
      <Group gap="xs" align="flex-start">
        <TextInput
          aria-label="Name of the team"
          placeholder="Billing"
          maxLength={NAME_MAX_CHARS}
          autoFocus
          value={name}
          error={fieldError(save.error, "name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <ActionIcon type="submit" size={34} loading={save.isPending} aria-label="Save the name">
          <IconCheck size={16} />
        </ActionIcon>
        <ActionIcon variant="default" size={34} onClick={props.done} aria-label="Cancel">
          <IconX size={16} />
        </ActionIcon>
      </Group>
    </form>
  );
}
