import { ActionIcon, Group, Menu, Switch, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAdjustments, IconDots, IconUserCheck, IconUserOff } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useIsAdmin, useMe } from "../../api/session";
import type { Colleague, TeamList } from "../../api/types";
import { Chip } from "../../components/Chip";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Initials } from "../../components/Initials";
import { Meter } from "../../components/Meter";
import { Section } from "../../components/Section";
import { EmptyState, explain } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { useTeamChanges } from "./queries";
import { StatusLabel } from "./StatusLabel";

export function AgentTable(props: { team: TeamList; edit: (agent: Colleague) => void }) {
  const [all, setAll] = useState(false);
  const [leaving, setLeaving] = useState<Colleague | null>(null);
  const admin = useIsAdmin();
  const changes = useTeamChanges();
  const back = useMutation({
    mutationFn: (id: string) => changes.setActive(id, true),
    onError: (error) => notifications.show({ color: "red", title: "Not activated", message: explain(error) }),
  });
  const inactive = props.team.agents.filter((agent) => !agent.active).length;
  const shown = props.team.agents.filter((agent) => all || agent.active);
  return (
    <Section
      title="People"
      flush
      actions={
        inactive > 0 && (
          <Switch
            size="sm"
            label={`Show deactivated (${inactive})`}
            checked={all}
            onChange={(event) => setAll(event.currentTarget.checked)}
          />
        )
      }
    >
      {shown.length === 0 ? (
        <EmptyState title="Nobody here yet" />
      ) : (
        <Table.ScrollContainer minWidth={780} type="native" tabIndex={0} aria-label="People">
          <Table verticalSpacing="sm" horizontalSpacing="md" highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Status</Table.Th>
                <Table.Th>Conversations</Table.Th>
                <Table.Th>Skills</Table.Th>
                <Table.Th>Teams</Table.Th>
                <Table.Th>Last login</Table.Th>
                {admin && (
                  <Table.Th w={52}>
                    <span className="visually-hidden">Actions</span>
                  </Table.Th>
                )}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((agent) => (
                <Row
                  key={agent.id}
                  agent={agent}
                  team={props.team}
                  edit={() => props.edit(agent)}
                  leave={() => setLeaving(agent)}
                  back={() => back.mutate(agent.id)}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title={`Deactivate ${leaving?.name ?? ""}?`}
        confirm="Deactivate"
        danger
        action={() => (leaving ? changes.setActive(leaving.id, false) : Promise.resolve())}
      >
        <Text size="sm">
          They are logged out and cannot log in any more.{" "}
          {leaving && leaving.load > 0
            ? `The ${leaving.load} conversations that they have go back to the queue.`
            : "They have no conversations at the moment."}{" "}
          What they wrote stays, and you can activate them again.
        </Text>
      </ConfirmDialog>
    </Section>
  );
}

function Row(props: {
  agent: Colleague;
  team: TeamList;
  edit: () => void;
  leave: () => void;
  back: () => void;
}) {
  const { agent, team } = props;
  const admin = useIsAdmin();
  const teams = agent.teams.map((id) => team.teams.find((one) => one.id === id)?.name ?? id);
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="sm" wrap="nowrap">
          <Initials size={32} name={agent.name} />
          <div>
            <Group gap={6} wrap="nowrap">
              <Text size="sm" fw={500} style={{ whiteSpace: "nowrap" }}>
                {agent.name}
              </Text>
              {agent.role !== "agent" && <Chip>Administrator</Chip>}
            </Group>
            <Text size="xs" c="dimmed">
              {agent.email}
            </Text>
          </div>
        </Group>
      </Table.Td>
      <Table.Td>
        <StatusLabel agent={agent} />
      </Table.Td>
      <Table.Td>
        {agent.active && (
          <Meter
            label={`Conversations of ${agent.name}`}
            value={agent.load}
            limit={agent.capacity}
            width={56}
            warnAt={1}
          />
        )}
      </Table.Td>
      <Table.Td>
        <Words words={agent.skills} />
      </Table.Td>
      <Table.Td>
        <Words words={teams} />
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          {agent.last_login_at ? dateAndTime(agent.last_login_at) : "Never"}
        </Text>
      </Table.Td>
      {admin && (
        <Table.Td>
          <Actions agent={agent} edit={props.edit} leave={props.leave} back={props.back} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

function Words(props: { words: string[] }) {
  if (props.words.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        None
      </Text>
    );
  }
  return (
    <Group gap={4}>
      {props.words.map((word) => (
        <Chip key={word}>{word}</Chip>
      ))}
    </Group>
  );
}

function Actions(props: { agent: Colleague; edit: () => void; leave: () => void; back: () => void }) {
  const { agent } = props;
  const me = useMe();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${agent.name}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconAdjustments size={16} />} onClick={props.edit}>
          Capacity, skills and teams…
        </Menu.Item>
        {agent.active ? (
          <Menu.Item
            leftSection={<IconUserOff size={16} />}
            onClick={props.leave}
            disabled={agent.id === me.user.id}
          >
            {agent.id === me.user.id ? "You cannot deactivate yourself" : "Deactivate…"}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconUserCheck size={16} />} onClick={props.back}>
            Activate again
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
