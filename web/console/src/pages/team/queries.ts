// The staff and its teams: one read, and the changes that administrators make.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { Agent, Colleague, Role, Team, TeamList } from "../../api/types";

const REFRESH_MS = 10_000;
const key = ["team"];

export interface NewColleague {
  email: string;
  first_name: string;
  last_name: string;
  password: string;
  role: Role;
}

export interface Assignment {
  capacity: number;
  skills: string[];
  teams: string[];
}

export function useTeam() {
  return useQuery({ queryKey: key, queryFn: () => api.get<TeamList>("/team"), refetchInterval: REFRESH_MS });
}

/** Every change is followed by a fresh read: status and load change by themselves meanwhile. */
export function useTeamChanges() {
  const client = useQueryClient();
  const then = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    await client.invalidateQueries({ queryKey: key });
    return result;
  };
  const agent = (id: string) => `/team/agents/${encodeURIComponent(id)}`;
  const team = (id: string) => `/team/teams/${encodeURIComponent(id)}`;
  return {
    add: (colleague: NewColleague) => then(api.post<Colleague>("/team/agents", colleague)),
    assign: (id: string, assignment: Assignment) => then(api.put<Agent>(agent(id), assignment)),
    setActive: (id: string, active: boolean) => then(api.patch<Agent>(agent(id), { active })),
    addTeam: (name: string) => then(api.post<Team>("/team/teams", { name })),
    renameTeam: (id: string, name: string) => then(api.put<Team>(team(id), { name })),
    deleteTeam: (id: string) => then(api.delete(team(id))),
  };
}
