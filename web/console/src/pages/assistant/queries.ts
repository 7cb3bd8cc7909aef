import { useQuery, useQueryClient } from "@tanstack/react-query";
import type {
  ModelChange,
  ModelFields,
  ModelSettings,
  Tool,
  ToolAnswer,
  ToolWanted,
} from "../../api/assistant";
import { api } from "../../api/client";
import type { Page } from "../../api/types";

const modelKey = ["model"];
const toolsKey = ["tools"];

/** For administrators. */
export function useModel(enabled = true) {
  return useQuery({ queryKey: modelKey, queryFn: () => api.get<ModelSettings>("/model"), enabled });
}

export function useModelChange() {
  const client = useQueryClient();
  return async (change: ModelChange & { was?: Partial<ModelFields> }) => {
    const model = await api.put<ModelSettings>("/model", change);
    client.setQueryData(modelKey, model);
    return model;
  };
}

/** As it is now, whatever is shown. */
export function useModelNow() {
  const client = useQueryClient();
  const queryFn = () => api.get<ModelSettings>("/model");
  return () => client.fetchQuery({ queryKey: modelKey, queryFn, staleTime: 0 });
}

/** For administrators. All of them: there are few. */
export function useTools() {
  return useQuery({
    queryKey: toolsKey,
    queryFn: async () => (await api.get<Page<Tool>>("/tools")).items,
  });
}

export function useToolChanges() {
  const client = useQueryClient();
  const then = async <T>(change: Promise<T>): Promise<T> => {
    try {
      return await change;
    } finally {
      // Also after a refusal: somebody else may have changed or deleted it.
      await client.invalidateQueries({ queryKey: toolsKey });
    }
  };
  return {
    add: (tool: ToolWanted) => then(api.post<Tool>("/tools", tool)),
    change: (id: string, tool: ToolWanted) => then(api.put<Tool>(`/tools/${id}`, tool)),
    remove: (id: string) => then(api.delete(`/tools/${id}`)),
    /** As it was read last, which is after every change and refusal. */
    now: (id: string) => client.getQueryData<Tool[]>(toolsKey)?.find((tool) => tool.id === id),
    tryOut: (id: string, given: unknown) => api.post<ToolAnswer>(`/tools/${id}/try`, { arguments: given }),
  };
}
