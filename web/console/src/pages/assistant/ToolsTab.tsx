// Services of the organization that the model may ask in the middle of a conversation.
import { ActionIcon, Button, Group, Table, Text, Tooltip } from "@mantine/core";
import { IconPencil, IconPlayerPlay, IconPlus, IconTool, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Tool } from "../../api/assistant";
import { Chip } from "../../components/Chip";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Section } from "../../components/Section";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { useLast } from "../../components/useLast";
import { useModel, useToolChanges, useTools } from "./queries";
import { ToolDialog } from "./ToolDialog";
import { TryDialog } from "./TryDialog";

const TOOLS_MAX = 16;

type Open = { tool: Tool; as: "edit" | "try" | "delete" } | "new" | null;

export function ToolsTab() {
  const tools = useTools();
  const model = useModel();
  const changes = useToolChanges();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const of = (as: "edit" | "try" | "delete") =>
    open !== null && open !== "new" && open.as === as ? open.tool : null;
  const deleted = of("delete");
  return (
    <Section
      title="Tools"
      hint={`Services of yours that the model may ask, such as where an order is; at most ${TOOLS_MAX}`}
      flush
      actions={
        <Button
          size="xs"
          leftSection={<IconPlus size={14} />}
          disabled={(tools.data?.length ?? 0) >= TOOLS_MAX}
          onClick={() => setOpen("new")}
        >
          New tool
        </Button>
      }
    >
      {model.data?.asked === null && (tools.data?.length ?? 0) > 0 && (
        <Text size="sm" c="var(--warn)" px="md" pb="xs" role="note">
          No model answers for you, so nobody uses these yet. Choose one under Model.
        </Text>
      )}
      {tools.isPending && <LoadingRows rows={3} label="Loading the tools" />}
      {tools.isError && !tools.data && <ErrorState error={tools.error} retry={() => tools.refetch()} />}
      {tools.data?.length === 0 && (
        <EmptyState title="No tools yet" icon={<IconTool size={22} stroke={1.6} />}>
          Describe a service of yours, and the assistant looks things up there while it talks: an order, a
          booking, whether something is in stock.
        </EmptyState>
      )}
      {tools.data && tools.data.length > 0 && <ToolTable tools={tools.data} open={setOpen} />}
      <ToolDialog edited={open === "new" ? "new" : of("edit")} onClose={close} />
      <TryDialog tool={of("try")} onClose={close} />
      <ConfirmDialog
        opened={deleted !== null}
        onClose={close}
        title={`Delete ${useLast(deleted)?.name ?? ""}?`}
        confirm="Delete"
        danger
        action={() => (deleted ? changes.remove(deleted.id) : Promise.resolve())}
      >
        <Text size="sm">
          The assistant can not use it any more, and its headers are forgotten with their values.
        </Text>
      </ConfirmDialog>
    </Section>
  );
}

function ToolTable(props: { tools: Tool[]; open: (what: Open) => void }) {
  return (
    <Table.ScrollContainer minWidth={640} type="native" tabIndex={0} aria-label="Tools">
      <Table verticalSpacing="sm" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Tool</Table.Th>
            <Table.Th>Service</Table.Th>
            <Table.Th w={90}>State</Table.Th>
            <Table.Th w={124}>
              <span className="visually-hidden">Actions</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.tools.map((tool) => (
            <Table.Tr key={tool.id}>
              <Table.Td style={{ verticalAlign: "top" }}>
                <Text size="sm" ff="monospace" fw={600}>
                  {tool.name}
                </Text>
                <Text size="sm" c="dimmed" lineClamp={2}>
                  {tool.description}
                </Text>
              </Table.Td>
              <Table.Td style={{ verticalAlign: "top", overflowWrap: "anywhere" }}>
                <Text size="sm">
                  <Text span size="sm" ff="monospace" c="dimmed">
                    {tool.method}
                  </Text>{" "}
                  {tool.url}
                </Text>
              </Table.Td>
              <Table.Td style={{ verticalAlign: "top" }}>
                <Chip kind={tool.enabled ? "accent" : "quiet"}>{tool.enabled ? "In use" : "Off"}</Chip>
              </Table.Td>
              <Table.Td style={{ verticalAlign: "top" }}>
                <Group gap={4} wrap="nowrap">
                  {(
                    [
                      ["try", "Try", IconPlayerPlay],
                      ["edit", "Edit", IconPencil],
                      ["delete", "Delete", IconTrash],
                    ] as const
                  ).map(([as, label, Icon]) => (
                    <Tooltip key={as} label={label}>
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        aria-label={`${label} ${tool.name}`}
                        onClick={() => props.open({ tool, as })}
                      >
                        <Icon size={16} />
                      </ActionIcon>
                    </Tooltip>
                  ))}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
