// What can be done right now: the parts of the screen register their commands, and the keyboard, the palette and the
// list of shortcuts offer them.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { getPrefs } from "./prefs";

export interface Command {
  id: string;
  label: string;
  group: "Conversation" | "Lists" | "Offers" | "Go to" | "General";
  /** As `KeyboardEvent.key`; one letter, or a named key. */
  key?: string;
  run: () => void;
}

let registered: Command[][] = [];
let flat: Command[] = [];
const listeners = new Set<() => void>();

function change(next: Command[][]) {
  registered = next;
  flat = registered.flat();
  for (const listener of listeners) listener();
}

/** Offers these commands while the component is shown. Of two with one key, the later registered is meant. */
export function useCommands(commands: Command[]) {
  const latest = useRef(commands);
  latest.current = commands;
  const shape = commands.map((command) => `${command.id}:${command.key ?? ""}:${command.label}`).join("|");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the closures are read when they run; only the shape matters
  useEffect(() => {
    const entry = latest.current.map((command) => ({
      ...command,
      run: () => latest.current.find((one) => one.id === command.id)?.run(),
    }));
    change([...registered, entry]);
    return () => change(registered.filter((one) => one !== entry));
  }, [shape]);
}

export function useAllCommands(): Command[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => flat,
  );
}

function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["radio", "checkbox"].includes(target.type);
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName);
}

/** One listener for all shortcuts; nothing happens while somebody writes or a dialog or a menu is open. */
export function useKeyboard() {
  useEffect(() => {
    function press(event: KeyboardEvent) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !getPrefs().letters)
        return;
      if (isWriting(event.target)) return;
      if (document.querySelector('[aria-modal="true"], [role="menu"]')) return;
      const command = flat.findLast((one) => one.key === event.key);
      if (!command) return;
      event.preventDefault();
      command.run();
    }
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
