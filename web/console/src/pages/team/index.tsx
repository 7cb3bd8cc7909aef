// Team: who works here, how busy they are, what they can do, and the teams that conversations are sent to.
import { Button, Stack } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useIsAdmin } from "../../api/session";
import type { Colleague, TeamList } from "../../api/types";
import { PageHeader } from "../../components/PageHeader";
import { ErrorState, LoadingRows } from "../../components/states";
import { AddDialog } from "./AddDialog";
import { AgentTable } from "./AgentTable";
import { AssignDialog } from "./AssignDialog";
import { useTeam } from "./queries";
import { TeamsCard } from "./TeamsCard";

export default function TeamPage() {
  const team = useTeam();
  const admin = useIsAdmin();
  const [adding, setAdding] = useState(false);
  return (
    <div className="page">
      <PageHeader
        title="Team"
        subtitle={team.data ? <Figures team={team.data} /> : "Who works here, and how busy they are"}
        actions={
          admin && (
            <Button leftSection={<IconUserPlus size={16} />} onClick={() => setAdding(true)}>
              Add a person
            </Button>
          )
        }
      />
      {team.isPending && <LoadingRows rows={6} height={52} label="Loading the team" />}
      {team.isError && !team.data && <ErrorState error={team.error} retry={() => team.refetch()} />}
      {team.data && <Loaded team={team.data} />}
      {admin && <AddDialog opened={adding} onClose={() => setAdding(false)} />}
    </div>
  );
}

function Figures(props: { team: TeamList }) {
  const active = props.team.agents.filter((agent) => agent.active);
  const available = active.filter((agent) => agent.online && agent.status === "available");
  const room = available.reduce((sum, agent) => sum + Math.max(0, agent.capacity - agent.load), 0);
  return (
    <>
      {active.length} {active.length === 1 ? "person" : "people"}, {available.length} available, room for{" "}
      {room} more {room === 1 ? "conversation" : "conversations"}
    </>
  );
}

function Loaded(props: { team: TeamList }) {
  const [chosen, setChosen] = useState<Colleague | null>(null);
  return (
    <Stack>
      <AgentTable team={props.team} edit={setChosen} />
      <TeamsCard team={props.team} />
      <AssignDialog agent={chosen} team={props.team} onClose={() => setChosen(null)} />
    </Stack>
  );
}
