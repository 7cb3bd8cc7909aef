// Who may be asked to take a conversation: its priority, the skills that it needs and the team that it is for. Each change
// is sent at once.
import { Select, TagsInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import type { Priority, Summary, TeamList } from "../api/types";
import { priorityWord } from "../components/people";
import { explain } from "../components/states";
import { useLiveStore } from "../live/hooks";

const PRIORITIES: Priority[] = ["urgent", "high", "normal", "low"];
/** The server takes no more. */
const SKILLS_MAX = 16;

type Route = Pick<Summary, "priority" | "skills" | "team">;

export function Routing(props: { summary: Summary }) {
  const { summary } = props;
  const store = useLiveStore();
  const team = useQuery({ queryKey: ["team"], queryFn: () => api.get<TeamList>("/team") });
  const [asked, setAsked] = useState<Route | null>(null);
  const shown = asked ?? summary;
  const closed = summary.owner === "closed";
  const known = new Set((team.data?.agents ?? []).flatMap((agent) => agent.skills));
  const teams = (team.data?.teams ?? []).map((one) => ({ value: one.id, label: one.name }));

  async function route(change: Partial<Route>) {
    const { priority, skills, team } = { ...shown, ...change };
    const wanted = { priority, skills, team };
    setAsked(wanted);
    try {
      await store.command("route", { session: summary.id, ...wanted });
    } catch (error) {
      notifications.show({ color: "red", message: explain(error) });
    }
    // A later change has its own answer to wait for.
    setAsked((now) => (now === wanted ? null : now));
  }

  return (
    <>
      <Select
        label="Priority"
        size="xs"
        allowDeselect={false}
        disabled={closed}
        data={PRIORITIES.map((value) => ({ value, label: priorityWord(value) }))}
        value={shown.priority}
        onChange={(value) => value && route({ priority: value as Priority })}
      />
      <TagsInput
        label="Skills"
        size="xs"
        placeholder={shown.skills.length === 0 ? "Anybody may take it" : undefined}
        disabled={closed}
        data={[...known].sort()}
        maxTags={SKILLS_MAX}
        value={shown.skills}
        onChange={(skills) => route({ skills })}
      />
      <Select
        label="Team"
        size="xs"
        placeholder="Any team"
        clearable
        searchable
        disabled={closed}
        nothingFoundMessage="There is no such team"
        clearButtonProps={{ "aria-label": "Any team" }}
        data={teams}
        value={shown.team}
        onChange={(value) => route({ team: value })}
      />
    </>
  );
}
