import { Alert, Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { useIsAdmin } from "../../api/session";
import type { Channel, Retention } from "../../api/types";
import { fieldError } from "../../components/fieldErrors";
import { Section } from "../../components/Section";
import { ErrorState, explain, LoadingRows } from "../../components/states";

const DAYS_MAX = 36_500;
const key = ["retention"];
const channels: { value: Channel; label: string }[] = [
  { value: "web", label: "Web" },
  { value: "whatsapp", label: "WhatsApp" },
  { value: "email", label: "E-mail" },
  { value: "sms", label: "SMS" },
  { value: "webhook", label: "Own channel" },
];

/** For how long conversations are kept. Only administrators see it. */
export function RetentionTab() {
  const admin = useIsAdmin();
  const stored = useQuery({
    queryKey: key,
    queryFn: () => api.get<Retention>("/settings/retention"),
    enabled: admin,
  });
  if (!admin) return <Text size="sm">Only administrators see how long conversations are kept.</Text>;
  if (stored.isPending) return <LoadingRows rows={3} label="Loading how long conversations are kept" />;
  if (stored.isError) return <ErrorState error={stored.error} retry={() => stored.refetch()} />;
  return <Form stored={stored.data} />;
}

function Form(props: { stored: Retention }) {
  const [edited, setEdited] = useState<Retention | null>(null);
  const value = edited ?? props.stored;
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => api.put<Retention>("/settings/retention", value),
    onSuccess: (retention) => {
      client.setQueryData(key, retention);
      setEdited(null);
      notifications.show({ message: "Saved. It counts from the next hour on." });
    },
  });
  const inOther = fieldError(save.error, "days") ?? fieldError(save.error, "channels");
  return (
    <Stack maw={560}>
      <Section
        title="Conversations are kept"
        hint="Then they are erased, open or closed, if nothing was said in them for so long. Legal holds go first"
      >
        <Stack gap="sm">
          <Days
            label="All channels"
            empty="for ever"
            days={value.days}
            error={fieldError(save.error, "days")}
            change={(days) => setEdited({ ...value, days })}
          />
          {channels.map((channel) => (
            <Days
              key={channel.value}
              label={channel.label}
              empty="as all channels"
              days={value.channels[channel.value] ?? null}
              error={fieldError(save.error, "channels")}
              change={(days) =>
                setEdited({ ...value, channels: withDays(value.channels, channel.value, days) })
              }
            />
          ))}
        </Stack>
      </Section>
      {save.isError && !inOther && (
        <Alert color="red" variant="light" role="alert">
          {explain(save.error)}
        </Alert>
      )}
      {edited && (
        <Group gap="xs">
          <Button onClick={() => save.mutate()} loading={save.isPending}>
            Save changes
          </Button>
          <Button
            variant="default"
            onClick={() => {
              setEdited(null);
              save.reset();
            }}
          >
            Discard
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Days(props: {
  label: string;
  empty: string;
  days: number | null;
  error: string | null;
  change: (days: number | null) => void;
}) {
  return (
    <NumberInput
      label={props.label}
      placeholder={props.empty}
      suffix=" days"
      min={1}
      max={DAYS_MAX}
      allowDecimal={false}
      allowNegative={false}
      value={props.days ?? ""}
      error={props.error}
      onChange={(days) => props.change(typeof days === "number" ? days : null)}
    />
  );
}

/** The channels with other days for one of them, or without it. */
export function withDays(
  channels: Retention["channels"],
  channel: Channel,
  days: number | null,
): Retention["channels"] {
  const { [channel]: _, ...others } = channels;
  return days === null ? others : { ...others, [channel]: days };
}
