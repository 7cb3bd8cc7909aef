import { Modal, MultiSelect, NumberInput, TagsInput } from "@mantine/core";
import { useState } from "react";
import type { Agent, Colleague, TeamList } from "../../api/types";
import { SaveForm, useSave } from "../../components/SaveForm";
import { useTeamChanges } from "./queries";

const CAPACITY_MAX = 100;
const SKILLS_MAX = 16;
const fields = ["capacity", "skills", "teams"] as const;

/** How much one person takes, what they can do, and where they belong. */
export function AssignDialog(props: { agent: Colleague | null; team: TeamList; onClose: () => void }) {
  return (
    <Modal opened={props.agent !== null} onClose={props.onClose} title={props.agent?.name ?? ""}>
      {props.agent && (
        <AssignForm key={props.agent.id} agent={props.agent} team={props.team} done={props.onClose} />
      )}
    </Modal>
  );
}

function AssignForm(props: { agent: Colleague; team: TeamList; done: () => void }) {
  const { agent, team } = props;
  const [capacity, setCapacity] = useState<number | string>(agent.capacity);
  const [skills, setSkills] = useState(agent.skills);
  const [teams, setTeams] = useState(agent.teams);
  const changes = useTeamChanges();
  const missing = typeof capacity === "number" ? null : "Enter a number.";
  const saving = useSave<(typeof fields)[number], Agent>({
    problems: { capacity: missing },
    save: () => changes.assign(agent.id, { capacity: Number(capacity), skills, teams }),
    done: props.done,
  });
  const known = [...new Set(team.agents.flatMap((other) => other.skills))].sort();
  return (
    <SaveForm saving={saving} fields={fields} cancel={props.done}>
      <NumberInput
        label="Capacity"
        description={`Conversations at the same time, 1 to ${CAPACITY_MAX}`}
        min={1}
        max={CAPACITY_MAX}
        clampBehavior="strict"
        allowDecimal={false}
        value={capacity}
        onChange={setCapacity}
        error={missing ?? saving.problem("capacity")}
        data-autofocus
      />
      <TagsInput
        label="Skills"
        description="Conversations that ask for a skill go only to people who have it"
        data={known}
        maxTags={SKILLS_MAX}
        value={skills}
        onChange={setSkills}
        error={saving.problem("skills")}
      />
      <MultiSelect
        label="Teams"
        data={team.teams.map((one) => ({ value: one.id, label: one.name }))}
        value={teams}
        onChange={setTeams}
        nothingFoundMessage="There is no such team"
        searchable
        error={saving.problem("teams")}
      />
    </SaveForm>
  );
}
