import { Button, Group, SimpleGrid, Table, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { CacheState } from "../../api/assistant";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { channelLabel, count } from "../../components/labels";
import { Meter } from "../../components/Meter";
import { Section } from "../../components/Section";
import { EmptyState, ErrorState, LoadingRows } from "../../components/states";
import { Figure } from "./Figure";
import { useCache, useCachePurge } from "./queries";

const KIB = 1024;

/** Answers that were given without asking a model again. */
export function CacheCard() {
  const cache = useCache();
  const purge = useCachePurge();
  const [asking, setAsking] = useState(false);
  return (
    <Section
      title="Kept answers"
      hint="The same question is answered once; who asks it again gets the kept answer, at no cost"
      actions={
        <Button
          size="xs"
          variant="default"
          leftSection={<IconTrash size={14} />}
          disabled={!cache.data || cache.data.entries === 0}
          onClick={() => setAsking(true)}
        >
          Throw them away
        </Button>
      }
    >
      {cache.isPending && <LoadingRows rows={3} label="Loading kept answers" />}
      {cache.isError && !cache.data && <ErrorState error={cache.error} retry={() => cache.refetch()} />}
      {cache.data && <Kept cache={cache.data} />}
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title="Throw kept answers away?"
        confirm="Throw away"
        danger
        action={async () => {
          await purge();
          notifications.show({ message: "Nothing is kept any more. Each question is answered anew." });
        }}
      >
        <Text size="sm">
          {count(cache.data?.entries ?? 0, "answer is", "answers are")} forgotten, and the next customers’
          questions are answered anew, at a cost. It is not needed after a change of knowledge, rules or the
          model: older answers are not given then anyway.
        </Text>
      </ConfirmDialog>
    </Section>
  );
}

function Kept(props: { cache: CacheState }) {
  const { cache } = props;
  const asked = cache.hits + cache.misses;
  return (
    <>
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Figure label="Given again" value={cache.hits.toLocaleString()} hint="Answers without a model" />
        <Figure
          label="Hit rate"
          value={asked > 0 ? `${Math.round(cache.hit_rate * 100)} %` : "–"}
          hint={`Of ${count(asked, "question")} that could be kept`}
        />
        <Figure
          label="Not for it"
          value={cache.passed.toLocaleString()}
          hint="Personal, or in the middle of a talk"
        />
        <Figure
          label="Kept now"
          value={cache.entries.toLocaleString()}
          hint={`${Math.ceil(cache.bytes / KIB).toLocaleString()} KiB`}
        />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2 }} mt="md" spacing="lg">
        <div>
          <Text size="sm" fw={600} mb={6}>
            Asked again most
          </Text>
          <TopQueries queries={cache.top_queries} />
        </div>
        <div>
          <Text size="sm" fw={600} mb={6}>
            By channel
          </Text>
          {cache.channels.length === 0 && (
            <Text size="sm" c="dimmed">
              Nobody has asked yet.
            </Text>
          )}
          {cache.channels.map((channel) => (
            <Group key={channel.channel} justify="space-between" py={4} wrap="nowrap">
              <Text size="sm">{channelLabel(channel.channel)}</Text>
              <Meter
                label={`Given again, ${channelLabel(channel.channel)}`}
                value={channel.hits}
                limit={channel.hits + channel.misses}
                neutral
                width={96}
              />
            </Group>
          ))}
        </div>
      </SimpleGrid>
    </>
  );
}

function TopQueries(props: { queries: CacheState["top_queries"] }) {
  if (props.queries.length === 0) {
    return <EmptyState title="Nothing yet">Questions that are asked again and again stand here.</EmptyState>;
  }
  return (
    <Table verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Question</Table.Th>
          <Table.Th ta="right">Given again</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {props.queries.map(({ query, hits }) => (
          <Table.Tr key={query}>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{query}</Table.Td>
            <Table.Td ta="right">{hits.toLocaleString()}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
