import { Alert, Button, Group, Modal, MultiSelect, NumberInput, Stack, TagsInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Colleague, TeamList } from "../../api/types";
import { fieldError, formError } from "../../components/fieldErrors";
import { useTeamChanges } from "./queries";

const CAPACITY_MAX = 100;
const SKILLS_MAX = 16;

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
  const save = useMutation({
    mutationFn: () => changes.assign(agent.id, { capacity: Number(capacity), skills, teams }),
    onSuccess: props.done,
  });
  const missing = typeof capacity !== "number";
  const known = [...new Set(team.agents.flatMap((other) => other.skills))].sort();
  const above = formError(save.error, ["capacity", "skills", "teams"]);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!missing) save.mutate();
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {above && (
          <Alert color="red" variant="light" role="alert">
            {above}
          </Alert>
        )}
        <NumberInput
          label="Capacity"
          description={`Conversations at the same time, 1 to ${CAPACITY_MAX}`}
          min={1}
          max={CAPACITY_MAX}
          clampBehavior="strict"
          allowDecimal={false}
          value={capacity}
          onChange={setCapacity}
          error={missing ? "Enter a number." : fieldError(save.error, "capacity")}
          data-autofocus
        />
        <TagsInput
          label="Skills"
          description="Conversations that ask for a skill go only to people who have it"
          data={known}
          maxTags={SKILLS_MAX}
          value={skills}
          onChange={setSkills}
          error={fieldError(save.error, "skills")}
        />
        <MultiSelect
          label="Teams"
          data={team.teams.map((one) => ({ value: one.id, label: one.name }))}
          value={teams}
          onChange={setTeams}
          nothingFoundMessage="There is no such team"
          searchable
          error={fieldError(save.error, "teams")}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={props.done}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
