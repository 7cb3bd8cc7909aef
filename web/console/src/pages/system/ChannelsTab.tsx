// Channels: how the numbers and addresses do that others run, and what leaves by them.
import { Button, Stack, Table } from "@mantine/core";
import { useState } from "react";
import type { OwnChannel } from "../../api/channels";
import type { ChannelAccount, ChannelState } from "../../api/types";
import type { DeliveryState } from "../../api/webhooks";
import { Chip } from "../../components/Chip";
import { Deliveries } from "../../components/deliveries/Deliveries";
import { counted, type DeliveryTarget, type TargetWords } from "../../components/deliveries/delivery";
import { words } from "../../components/labels";
import { Section } from "../../components/Section";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { OwnChannels } from "./own/OwnChannels";
import { accountName } from "./own/ownChannel";
import { useOwnChannels } from "./own/queries";
import { accountPath, accountsKey, useChannelAccounts } from "./queries";
import { StateOfChannel } from "./StateOfChannel";

const WORDS: TargetWords = {
  hints: {
    waiting: "To be sent, in the order of each conversation",
    parked: "Set aside, so that they hold up nothing else. Replay them once what was wrong is mended",
    finished: "Taken by the provider; the newest hundred are kept",
  },
  none: "Replies of the assistant and of agents stand here once they went.",
  failed: "Not sent",
  replay: "Customers get them now, so look first whether they still should.",
};

export function ChannelsTab(props: { channels: ChannelState[] }) {
  const own = useOwnChannels().data ?? [];
  return (
    <Stack>
      <States channels={props.channels} own={own} />
      <OwnChannels states={props.channels} />
      <Accounts own={own} />
    </Stack>
  );
}

function States(props: { channels: ChannelState[]; own: OwnChannel[] }) {
  return (
    <Section
      title="Channels"
      hint="Numbers and addresses that others run: what comes in by them, and what goes out"
      flush
    >
      <Table.ScrollContainer minWidth={640} type="native" tabIndex={0} aria-label="Channels">
        <Table verticalSpacing="sm" horizontalSpacing="md">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Channel</Table.Th>
              <Table.Th>Way</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Since</Table.Th>
              <Table.Th>Last error</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {props.channels.map((channel) => (
              <Table.Tr key={`${channel.channel} ${channel.account} ${channel.way}`}>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{nameOf(channel, props.own)}</Table.Td>
                <Table.Td>{channel.way === "in" ? "In" : "Out"}</Table.Td>
                <Table.Td>
                  <StateOfChannel channel={channel} />
                </Table.Td>
                <Table.Td style={{ whiteSpace: "nowrap" }}>{dateAndTime(channel.since)}</Table.Td>
                <Table.Td style={{ overflowWrap: "anywhere" }}>
                  {channel.error ?? ""}
                  {channel.alerted_at && (
                    <>
                      {" "}
                      <Chip kind="warn">{`Alert, ${dateAndTime(channel.alerted_at)}`}</Chip>
                    </>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {props.channels.length === 0 && (
        <EmptyState title="No channel is set up">
          WhatsApp, e-mail and SMS are set up in the configuration. Customers on the web page need none.
        </EmptyState>
      )}
    </Section>
  );
}

/** What waits at each number and address, and what was set aside. */
function Accounts(props: { own: OwnChannel[] }) {
  const { own } = props;
  const accounts = useChannelAccounts();
  const [chosen, setChosen] = useState<string | null>(null);
  const [state, setState] = useState<DeliveryState | null>(null);
  if (accounts.isPending) return <LoadingRows rows={3} label="Loading what leaves by channels" />;
  if (accounts.isError && !accounts.data)
    return <ErrorState error={accounts.error} retry={() => accounts.refetch()} />;
  const open = accounts.data.find((one) => one.id === chosen);
  return (
    <>
      <Section title="Messages out" hint="By the number or address that they leave from" flush>
        {accounts.data.length === 0 ? (
          <EmptyState title="Nothing was sent yet" />
        ) : (
          <Table.ScrollContainer minWidth={520} type="native" tabIndex={0} aria-label="Messages out">
            <Table verticalSpacing="sm" horizontalSpacing="md">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Channel</Table.Th>
                  <Table.Th>Waiting</Table.Th>
                  <Table.Th>Parked</Table.Th>
                  <Table.Th w={116}>
                    <span className="visually-hidden">Actions</span>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {accounts.data.map((account) => (
                  <AccountRow
                    key={account.id}
                    account={account}
                    name={nameOf(account, own)}
                    isOpen={account.id === chosen}
                    toggle={() => {
                      setState(null);
                      setChosen(account.id === chosen ? null : account.id);
                    }}
                  />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Section>
      {open && (
        <Deliveries
          key={open.id}
          target={targetOf(open, nameOf(open, own))}
          title={`Messages of ${nameOf(open, own)}`}
          state={state}
          show={setState}
        />
      )}
    </>
  );
}

function AccountRow(props: { account: ChannelAccount; name: string; isOpen: boolean; toggle: () => void }) {
  const { account, name, isOpen } = props;
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: "anywhere" }}>{name}</Table.Td>
      <Table.Td style={{ whiteSpace: "nowrap" }}>
        {counted(account.waiting)}
        {account.oldest_waiting_at && ` since ${dateAndTime(account.oldest_waiting_at)}`}
      </Table.Td>
      <Table.Td>
        {account.parked > 0 ? <Chip kind="warn">{counted(account.parked)}</Chip> : counted(0)}
      </Table.Td>
      <Table.Td>
        <Button
          size="xs"
          variant="default"
          aria-expanded={isOpen}
          aria-label={`${isOpen ? "Close" : "Look at"} ${name}`}
          onClick={props.toggle}
        >
          {isOpen ? "Close" : "Look"}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

/** An organization's own channel by its name, any other by its kind and number. */
function nameOf(
  { channel, account }: Pick<ChannelAccount, "channel" | "account">,
  own: OwnChannel[],
): string {
  const name = accountName(account, own);
  return channel === "webhook" && name !== account ? name : `${words(channel)} ${name}`;
}

const targetOf = (account: ChannelAccount, name: string): DeliveryTarget => ({
  path: accountPath(account.id),
  key: accountsKey,
  name,
  enabled: true,
  waiting: account.waiting,
  parked: account.parked,
  words: WORDS,
});
