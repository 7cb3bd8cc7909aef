import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import { api } from "../../api/client";
import type { Dashboard, Settings } from "../../api/types";
import { before, isPreset, type Preset, type Range, rangeOf, rangeProblem, today } from "./range";

const REFRESH_MS = 60_000;

export function useDashboard(range: Range) {
  return useQuery({
    queryKey: ["dashboard", range.from, range.to],
    queryFn: () => api.get<Dashboard>("/dashboard", { ...range }),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

/** The days just before, to compare with. What is past hardly changes, so it is read once. */
export function useEarlier(range: Range) {
  const earlier = before(range);
  return useQuery({
    queryKey: ["dashboard", earlier.from, earlier.to],
    queryFn: () => api.get<Dashboard>("/dashboard", { ...earlier }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export type Choice = { preset: Preset; range: Range } | { preset: null; range: Range };

/** The range lives in the address, so that it survives a reload and can be sent to somebody. */
export function useRange(): { choice: Choice; today: string; choose: (next: Preset | Range) => void } {
  const [params, setParams] = useSearchParams();
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => api.get<Settings>("/settings") });
  const day = today(settings.data?.desk.hours?.zone ?? "UTC", new Date());
  const choose = (next: Preset | Range) =>
    setParams(typeof next === "string" ? { range: next } : { from: next.from, to: next.to }, {
      replace: true,
    });
  return { choice: choiceOf(params, day), today: day, choose };
}

function choiceOf(params: URLSearchParams, day: string): Choice {
  const own = { from: params.get("from") ?? "", to: params.get("to") ?? "" };
  if (rangeProblem(own) === null) return { preset: null, range: own };
  const named = params.get("range");
  const preset = isPreset(named) ? named : "30d";
  return { preset, range: rangeOf(preset, day) };
}
