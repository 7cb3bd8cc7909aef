// Channels of the organization's own: any system of theirs that brings messages in and gets the replies.
import { ActionIcon, Button, Code, CopyButton, Menu, Switch, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCheck, IconCopy, IconDots, IconKey, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { OwnChannel } from "../../../api/channels";
import type { ChannelState } from "../../../api/types";
import { Section } from "../../../components/Section";
import { EmptyState, ErrorState, explain, LoadingRows } from "../../../components/states";
import { dateAndTime, isAhead } from "../../../components/time";
import { StateOfChannel } from "../StateOfChannel";
import { type Asked, OwnChannelDialogs } from "./dialogs";
import { inboundUrl, stateOf } from "./ownChannel";
import { useOwnChannelChanges, useOwnChannels } from "./queries";

export function OwnChannels(props: { states: ChannelState[] }) {
  const own = useOwnChannels();
  const [asked, setAsked] = useState<Asked>(null);
  return (
    <Section
      title="Your own channels"
      hint="Systems of yours that bring messages in and get the replies, signed both ways"
      flush
      actions={
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={() => setAsked({ what: "new" })}
        >
          New channel
        </Button>
      }
    >
      {own.isPending && <LoadingRows rows={2} label="Loading your own channels" />}
      {own.isError && !own.data && <ErrorState error={own.error} retry={() => own.refetch()} />}
      {own.data?.length === 0 && <EmptyState title="No channel of your own yet" />}
      {own.data && own.data.length > 0 && (
        <Table.ScrollContainer minWidth={720} type="native" tabIndex={0} aria-label="Your own channels">
          <Table verticalSpacing="sm" horizontalSpacing="md">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Replies go to</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th>On</Table.Th>
                <Table.Th w={56}>
                  <span className="visually-hidden">Actions</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {own.data.map((channel) => (
                <Row
                  key={channel.id}
                  channel={channel}
                  state={stateOf(channel, props.states)}
                  ask={setAsked}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <OwnChannelDialogs asked={asked} onClose={() => setAsked(null)} />
    </Section>
  );
}

function Row(props: { channel: OwnChannel; state: ChannelState | null; ask: (asked: Asked) => void }) {
  const { channel, state, ask } = props;
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: "anywhere" }}>
        {channel.name}
        <Inbound channel={channel} />
      </Table.Td>
      <Table.Td style={{ overflowWrap: "anywhere" }}>
        {channel.reply_url}
        {isAhead(channel.previous_secret_until) && (
          <Text size="xs" c="dimmed">
            The old secret holds until {dateAndTime(channel.previous_secret_until)}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {state ? <StateOfChannel channel={state} /> : <Text size="sm">Nothing sent yet</Text>}
        {state?.error && (
          <Text size="xs" c="dimmed">
            {state.error}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Enabled channel={channel} />
      </Table.Td>
      <Table.Td>
        <Actions channel={channel} ask={ask} />
      </Table.Td>
    </Table.Tr>
  );
}

/** Where its system brings messages. */
function Inbound(props: { channel: OwnChannel }) {
  const url = inboundUrl(props.channel, window.location.origin);
  return (
    <Text size="xs" c="dimmed" component="div" mt={4}>
      <Code fz="xs">{url}</Code>
      <CopyButton value={url}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            color="gray"
            ml={4}
            aria-label={`Copy the address of ${props.channel.name}`}
            onClick={copy}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </Text>
  );
}

function Enabled(props: { channel: OwnChannel }) {
  const { channel } = props;
  const changes = useOwnChannelChanges();
  const enable = useMutation({
    mutationFn: (enabled: boolean) => changes.change(channel.id, { enabled }),
    onSuccess: (_, enabled) =>
      notifications.show({
        message: enabled ? "It takes and sends again." : "Switched off. What waits stays.",
      }),
    onError: (error) => notifications.show({ color: "red", title: "Not changed", message: explain(error) }),
  });
  return (
    <Switch
      aria-label={`${channel.name} is on`}
      checked={enable.isPending ? enable.variables : channel.enabled}
      onChange={(event) => {
        if (!enable.isPending) enable.mutate(event.currentTarget.checked);
      }}
    />
  );
}

function Actions(props: { channel: OwnChannel; ask: (asked: Asked) => void }) {
  const { channel, ask } = props;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Actions for ${channel.name}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => ask({ what: "edit", channel })}>
          Edit…
        </Menu.Item>
        <Menu.Item leftSection={<IconKey size={16} />} onClick={() => ask({ what: "rotate", channel })}>
          New secret…
        </Menu.Item>
        <Menu.Item
          leftSection={<IconTrash size={16} />}
          color="red"
          onClick={() => ask({ what: "delete", channel })}
        >
          Delete…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
