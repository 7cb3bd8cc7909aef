// One source: how it stands, and its text. With a range in the address, the cited words are shown in it.
import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { useIsAdmin } from "../../api/session";
import { ErrorState, LoadingRows } from "../../components/states";
import { dateAndTime } from "../../components/time";
import { Warning } from "../../components/Warning";
import { linkParts } from "../../conversation/links";
import { AddDialog, type Adding } from "./AddDialog";
import { DeleteDialog } from "./DeleteDialog";
import { DocumentText } from "./DocumentText";
import { KindIcon } from "./KindIcon";
import classes from "./Knowledge.module.css";
import { rangeOf } from "./pieces";
import { useDocument } from "./queries";
import { SourceActions, StateCell } from "./SourceRow";
import { kindWord, size } from "./states";
import type { KnowledgeDocument, Range } from "./types";

export function DocumentPage(props: { id: string }) {
  const document = useDocument(props.id);
  const { version, range } = rangeOf(useSearch());
  return (
    <Stack gap="md">
      <Breadcrumbs aria-label="Where this is">
        <Anchor component={Link} href="/knowledge" size="sm">
          Knowledge
        </Anchor>
        <Text size="sm" c="dimmed">
          Source
        </Text>
      </Breadcrumbs>
      {document.isPending && <LoadingRows rows={5} label="Loading the source" />}
      {document.isError && !document.data && (
        <ErrorState
          title="This source is not there"
          error={document.error}
          retry={() => document.refetch()}
        />
      )}
      {document.data && <Loaded document={document.data} version={version} range={range} />}
    </Stack>
  );
}

function Loaded(props: { document: KnowledgeDocument; version: number | null; range: Range | null }) {
  const { document, version, range } = props;
  const moved = version !== null && document.live !== null && version !== document.live;
  return (
    <>
      <Head document={document} />
      {moved && (
        <Warning title={`The answer cites version ${version}, and this is version ${document.live}`}>
          The source has changed since. Its text is shown as it is now; the cited words may have moved, or be
          gone.
        </Warning>
      )}
      {document.live === null ? (
        <Text size="sm" c="dimmed">
          {document.state === "error"
            ? "It has no text, since it could not be read."
            : "Its text is shown here once it was read."}
        </Text>
      ) : (
        <DocumentText
          key={`${document.live} ${range?.start} ${range?.end}`}
          document={document}
          range={moved ? null : range}
        />
      )}
    </>
  );
}

function Head(props: { document: KnowledgeDocument }) {
  const { document } = props;
  const admin = useIsAdmin();
  const [, navigate] = useLocation();
  const [adding, setAdding] = useState<Adding | null>(null);
  const [deleting, setDeleting] = useState<KnowledgeDocument | null>(null);
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap">
      <Stack gap={10} style={{ minWidth: 0 }}>
        <Group gap="sm" wrap="nowrap">
          <KindIcon kind={document.kind} />
          <Title order={1} style={{ overflowWrap: "anywhere" }}>
            {document.title}
          </Title>
        </Group>
        <Facts document={document} />
      </Stack>
      <Group gap="md" wrap="nowrap" align="flex-start">
        <StateCell document={document} />
        {admin && (
          <SourceActions
            document={document}
            replace={() => setAdding({ replace: document, files: [] })}
            remove={() => setDeleting(document)}
          />
        )}
      </Group>
      <AddDialog adding={adding} onClose={() => setAdding(null)} />
      <DeleteDialog
        document={deleting}
        onClose={() => setDeleting(null)}
        deleted={() => navigate("/knowledge", { replace: true })}
      />
    </Group>
  );
}

function Facts(props: { document: KnowledgeDocument }) {
  const { document } = props;
  const isPage = document.url !== null && linkParts(document.url)[0]?.href === document.url;
  const facts: [name: string, value: React.ReactNode][] = [
    ["Kind", kindWord(document.kind)],
    ["Version", document.live === null ? "none yet" : document.live.toLocaleString()],
    ["Size", `${size(document.bytes)}, ${document.chars.toLocaleString()} characters`],
    [
      "Chunks",
      `${document.chunks.toLocaleString()} of up to ${document.chunk_chars.toLocaleString()} characters`,
    ],
    ["Changed", dateAndTime(document.updated_at)],
  ];
  if (document.author) facts.splice(1, 0, ["Author", document.author]);
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {isPage && (
        <div>
          <dt>Address</dt>
          <dd>
            <Anchor
              href={document.url ?? undefined}
              target="_blank"
              rel="noopener noreferrer"
              size="sm"
              underline="always"
            >
              {document.url}
            </Anchor>
          </dd>
        </div>
      )}
    </dl>
  );
}
