// What this person likes on this computer.
import { useSyncExternalStore } from "react";

export interface Prefs {
  sound: boolean;
  /** Shortcuts of one letter; who dictates or uses a switch turns them off. */
  letters: boolean;
  panel: boolean;
  list: "queue" | "mine" | "all";
}

const KEY = "switchboard.console.prefs";
const defaults: Prefs = { sound: true, letters: true, panel: true, list: "mine" };

let prefs: Prefs = recall();
const listeners = new Set<() => void>();

function recall(): Prefs {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Prefs>) };
  } catch {
    return defaults;
  }
}

export const getPrefs = () => prefs;

export function setPrefs(change: Partial<Prefs>) {
  prefs = { ...prefs, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // Without storage the choice holds until the page is left.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePrefs(): Prefs {
  return useSyncExternalStore(subscribe, getPrefs);
}
