// The supervision tree. Arrow keys walk through it; what does not run is opened and says so.
import { Button, Group, Text, Tree, useTree } from "@mantine/core";
import { IconAlertTriangle, IconChevronRight, IconCircleCheckFilled } from "@tabler/icons-react";
import { useMemo } from "react";
import type { ActorNode } from "../../api/types";
import { Chip } from "../../components/Chip";
import { words } from "../../components/labels";
import { Section } from "../../components/Section";
import { type ActorRow, actorRows, isWell, openAtFirst, tally } from "./actorTree";
import classes from "./System.module.css";

export function ActorsTab(props: { root: ActorNode }) {
  const rows = useMemo(() => actorRows(props.root), [props.root]);
  const tree = useTree({ initialExpandedState: openAtFirst(props.root) });
  const total = tally(props.root);
  return (
    <Section
      title="Actors"
      hint={`${total.actors.toLocaleString()} alive, ${total.unwell === 0 ? "all of those shown run" : `${total.unwell} not running`}, ${total.restarts.toLocaleString()} restarts`}
      actions={
        <>
          <Button variant="subtle" size="compact-sm" onClick={() => tree.expandAllNodes()}>
            Open all
          </Button>
          <Button variant="subtle" size="compact-sm" onClick={() => tree.collapseAllNodes()}>
            Close all
          </Button>
        </>
      }
    >
      <Tree
        data={rows}
        tree={tree}
        levelOffset={22}
        aria-label="Actors"
        renderNode={({ node, expanded, hasChildren, elementProps }) => (
          <div {...elementProps} className={`${elementProps.className} ${classes.actor}`}>
            <IconChevronRight
              size={15}
              aria-hidden
              style={{
                visibility: hasChildren ? "visible" : "hidden",
                transform: expanded ? "rotate(90deg)" : undefined,
              }}
            />
            <Actor row={node as ActorRow} />
          </div>
        )}
      />
    </Section>
  );
}

function Actor(props: { row: ActorRow }) {
  const { actor, more } = props.row;
  if (!actor) {
    return (
      <Text size="sm" c="dimmed">
        {more.toLocaleString()} more, not shown
      </Text>
    );
  }
  const well = isWell(actor.state);
  return (
    <Group gap={10} wrap="nowrap" style={{ flex: 1, minWidth: 0 }}>
      {well ? (
        <IconCircleCheckFilled size={15} color="var(--good)" aria-hidden style={{ flex: "none" }} />
      ) : (
        <IconAlertTriangle size={15} color="var(--bad)" aria-hidden style={{ flex: "none" }} />
      )}
      <Text size="sm" fw={500} truncate>
        {actor.name}
      </Text>
      <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
        {words(actor.kind)}
      </Text>
      <Group gap={6} ml="auto" wrap="nowrap">
        {!well && <Chip kind="bad">{words(actor.state)}</Chip>}
        {actor.restarts > 0 && (
          <Chip kind="warn">
            {actor.restarts} {actor.restarts === 1 ? "restart" : "restarts"}
          </Chip>
        )}
        <Text size="xs" c="dimmed" className={classes.depth}>
          {actor.depth.toLocaleString()} waiting
        </Text>
      </Group>
    </Group>
  );
}
