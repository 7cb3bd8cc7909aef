// The actors as the tree component wants them. A node is known by its path, which stays the same from one read to the next.
import type { TreeNodeData } from "@mantine/core";
import type { ActorNode } from "../../api/types";

export interface ActorRow extends TreeNodeData {
  actor: ActorNode | null;
  /** How many children the server left out, on the row that stands for them. */
  more: number;
  children?: ActorRow[];
}

export function actorRows(root: ActorNode): ActorRow[] {
  return [rowOf(root, root.name)];
}

/** The paths that are open at first: two levels, and the way to whatever does not run. */
export function openAtFirst(root: ActorNode): Record<string, boolean> {
  const open: Record<string, boolean> = {};
  visit(root, root.name, 0, open);
  return open;
}

export function isWell(state: string): boolean {
  return state === "running" || state === "idle";
}

export interface Tally {
  actors: number;
  unwell: number;
  restarts: number;
}

export function tally(node: ActorNode): Tally {
  return node.children.map(tally).reduce(
    (sum, child) => ({
      actors: sum.actors + child.actors,
      unwell: sum.unwell + child.unwell,
      restarts: sum.restarts + child.restarts,
    }),
    { actors: 1 + node.more, unwell: isWell(node.state) ? 0 : 1, restarts: node.restarts },
  );
}

function rowOf(actor: ActorNode, path: string): ActorRow {
  const children = actor.children.map((child, index) => rowOf(child, pathOf(path, child, index)));
  if (actor.more > 0) {
    children.push({
      value: `${path}/…`,
      label: `${actor.more.toLocaleString()} more`,
      actor: null,
      more: actor.more,
    });
  }
  const row: ActorRow = { value: path, label: actor.name, actor, more: 0 };
  return children.length > 0 ? { ...row, children } : row;
}

function visit(node: ActorNode, path: string, level: number, open: Record<string, boolean>): boolean {
  const unwellBelow = node.children
    .map((child, index) => visit(child, pathOf(path, child, index), level + 1, open))
    .some(Boolean);
  open[path] = level < 2 || unwellBelow;
  return unwellBelow || !isWell(node.state);
}

function pathOf(parent: string, child: ActorNode, index: number): string {
  return `${parent}/${child.name || index}`;
}
