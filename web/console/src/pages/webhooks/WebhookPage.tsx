// One webhook: what it is, whether it answers, and its deliveries.
import { ActionIcon, Anchor, Breadcrumbs, Button, Group, Menu, Stack, Text, Title } from "@mantine/core";
import { IconDots, IconKey, IconPencil, IconPlugConnected, IconTrash } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { Link, useLocation, useParams } from "wouter";
import type { Webhook } from "../../api/webhooks";
import { Deliveries } from "../../components/deliveries/Deliveries";
import { type DeliveryTarget, stateOf, type TargetWords } from "../../components/deliveries/delivery";
import { ErrorState, LoadingRows } from "../../components/states";
import { dateAndTime, isAhead } from "../../components/time";
import { Warning } from "../../components/Warning";
import { DeleteDialog, RotateDialog } from "./dialogs";
import { EnabledSwitch, GivenUp } from "./Enabled";
import { PingResult, usePing } from "./Ping";
import { path, useWebhook } from "./queries";
import { EditDialog } from "./WebhookDialog";
import { Events } from "./WebhookList";
import classes from "./Webhooks.module.css";
import { nameOf } from "./webhook";

export function WebhookPage(props: { id: string }) {
  const webhook = useWebhook(props.id);
  return (
    <Stack gap="md">
      <Breadcrumbs aria-label="Where this is">
        <Anchor component={Link} href="/webhooks" size="sm">
          Webhooks
        </Anchor>
        <Text size="sm" c="dimmed">
          Webhook
        </Text>
      </Breadcrumbs>
      {webhook.isPending && <LoadingRows rows={5} label="Loading the webhook" />}
      {webhook.isError && !webhook.data && (
        <ErrorState title="This webhook is not there" error={webhook.error} retry={() => webhook.refetch()} />
      )}
      {webhook.isError && webhook.data && (
        <Warning title="The server does not answer at the moment" live>
          What is shown here is older.
        </Warning>
      )}
      {webhook.data && (
        <>
          <Head webhook={webhook.data} />
          <GivenUp webhook={webhook.data} />
          <Delivered webhook={webhook.data} />
        </>
      )}
    </Stack>
  );
}

const WORDS: TargetWords = {
  hints: {
    waiting: "To be sent, in the order of each conversation",
    parked: "Set aside, so that they hold up nothing else. Replay them once the receiver is mended",
    finished: "Taken by the receiver; the newest hundred are kept",
  },
  none: "“Send a test” shows whether the receiver answers.",
  failed: "No answer",
  replay: "Each goes under the id that it had, so that a receiver knows what it has already.",
};

function Delivered(props: { webhook: Webhook }) {
  const { id, enabled, waiting, parked } = props.webhook;
  const [, navigate] = useLocation();
  const state = stateOf(useParams<{ state?: string }>().state);
  const target: DeliveryTarget = {
    path: path(id),
    key: ["webhooks"],
    name: nameOf(props.webhook),
    enabled,
    waiting,
    parked,
    words: WORDS,
  };
  return (
    <Deliveries
      target={target}
      title="Deliveries"
      state={state}
      show={(next) => navigate(`/webhooks/${encodeURIComponent(id)}/${next}`, { replace: true })}
    />
  );
}

type Open = "edit" | "rotate" | "delete" | null;

function Head(props: { webhook: Webhook }) {
  const { webhook } = props;
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const ping = usePing(webhook.id);
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start" gap="md">
        <Title order={1} style={{ flex: "1 1 18rem", overflowWrap: "anywhere" }}>
          {nameOf(webhook)}
        </Title>
        <Group gap="md">
          <EnabledSwitch webhook={webhook} label="Deliver" />
          <Button
            variant="default"
            leftSection={<IconPlugConnected size={16} />}
            loading={ping.isPending}
            onClick={() => ping.mutate()}
          >
            Send a test
          </Button>
          <Actions webhook={webhook} open={setOpen} />
        </Group>
      </Group>
      <Facts webhook={webhook} />
      <PingResult ping={ping} />
      <EditDialog edited={open === "edit" ? webhook : null} onClose={close} />
      <RotateDialog webhook={webhook} opened={open === "rotate"} onClose={close} />
      <DeleteDialog
        webhook={webhook}
        opened={open === "delete"}
        onClose={close}
        deleted={() => navigate("/webhooks", { replace: true })}
      />
    </Stack>
  );
}

function Actions(props: { webhook: Webhook; open: (what: Open) => void }) {
  const { open } = props;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={`Actions for ${nameOf(props.webhook)}`}
        >
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => open("edit")}>
          Edit…
        </Menu.Item>
        <Menu.Item leftSection={<IconKey size={16} />} onClick={() => open("rotate")}>
          New secret…
        </Menu.Item>
        <Menu.Item leftSection={<IconTrash size={16} />} color="red" onClick={() => open("delete")}>
          Delete…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Facts(props: { webhook: Webhook }) {
  const { webhook } = props;
  const facts: [name: string, value: ReactNode][] = [
    ["Made", dateAndTime(webhook.created_at)],
    ["Changed", dateAndTime(webhook.updated_at)],
  ];
  if (webhook.description) facts.unshift(["Address", webhook.url]);
  if (isAhead(webhook.previous_secret_until)) {
    facts.push(["Signed with the old secret too, until", dateAndTime(webhook.previous_secret_until)]);
  }
  return (
    <Stack gap={8}>
      <dl className={classes.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Events events={webhook.events} />
    </Stack>
  );
}
