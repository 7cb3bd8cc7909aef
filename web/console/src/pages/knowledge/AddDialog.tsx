// Adds a source, or gives one another text: files, a text, or a web page.
import { Group, Modal, SegmentedControl, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type ReactNode, useState } from "react";
import { SaveForm, useSave } from "../../components/SaveForm";
import { useLast } from "../../components/useLast";
import { Advanced, type ChunkingFields, chunkingOf, noChunking } from "./Advanced";
import { FilesForm } from "./FilesForm";
import { type NewSource, useDocumentChanges, useKnowledgeStats, useWritten } from "./queries";
import { chunkingProblem } from "./states";
import type { KnowledgeDocument } from "./types";

const TITLE_MAX_CHARS = 300;
/** What is usual until the server has said its own. */
const CHUNK_CHARS = 1000;

export interface Adding {
  /** The source that gets another text; null for a new source. */
  replace: KnowledgeDocument | null;
  /** Files that were dropped. */
  files: File[];
}

type Way = "files" | "text" | "url";
const ways = [
  { value: "files", label: "Files" },
  { value: "text", label: "Text" },
  { value: "url", label: "Web page" },
];

export function AddDialog(props: { adding: Adding | null; onClose: () => void }) {
  const { adding, onClose } = props;
  const shown = useLast(adding);
  const title = shown?.replace ? `New version of “${shown.replace.title}”` : "Add a source";
  return (
    <Modal opened={adding !== null} onClose={onClose} title={title} size="lg">
      {adding && <AddForm adding={adding} done={onClose} />}
    </Modal>
  );
}

function AddForm(props: { adding: Adding; done: () => void }) {
  const { replace, files } = props.adding;
  const [way, setWay] = useState<Way>(files.length === 0 ? wayOf(replace) : "files");
  const [fields, setFields] = useState<ChunkingFields>(noChunking);
  const stats = useKnowledgeStats();
  const limits = stats.data?.limits;
  const usual = replace?.chunk_chars ?? limits?.chunk_chars ?? CHUNK_CHARS;
  const advanced = {
    element: (
      <Advanced
        fields={fields}
        change={setFields}
        usual={usual}
        overlap={replace?.overlap_chars ?? limits?.overlap_chars}
      />
    ),
    problem: chunkingProblem(fields.chunk, fields.overlap, usual),
    chunking: chunkingOf(fields),
  };
  return (
    <Stack gap="md">
      <SegmentedControl
        fullWidth
        aria-label="Where the source comes from"
        data={ways}
        value={way}
        onChange={(next) => setWay(next as Way)}
      />
      {way === "files" ? (
        <FilesForm
          replace={replace}
          files={files}
          maxBytes={limits?.file_max_bytes}
          advanced={advanced}
          done={props.done}
        />
      ) : (
        <WrittenForm key={way} way={way} replace={replace} advanced={advanced} done={props.done} />
      )}
    </Stack>
  );
}

function wayOf(replace: KnowledgeDocument | null): Way {
  if (replace?.kind === "url") return "url";
  return replace?.kind === "text" || replace?.kind === "markdown" ? "text" : "files";
}

export interface AdvancedPart {
  element: ReactNode;
  problem: string | null;
  chunking: ReturnType<typeof chunkingOf>;
}

function WrittenForm(props: {
  way: "text" | "url";
  replace: KnowledgeDocument | null;
  advanced: AdvancedPart;
  done: () => void;
}) {
  const { way, replace, advanced } = props;
  const [title, setTitle] = useState(replace?.title ?? "");
  const [kind, setKind] = useState<"text" | "markdown">(replace?.kind === "text" ? "text" : "markdown");
  const [typed, setText] = useState<string | null>(null);
  const written = useWritten(way === "text" ? replace : null);
  const text = typed ?? written.data?.text ?? "";
  const unread = written.isError
    ? "The text as it is now could not be fetched. What you write replaces it."
    : null;
  const [url, setUrl] = useState(replace?.url ?? "");
  const changes = useDocumentChanges();
  const saving = useSave({
    problems: {
      title: way === "text" && !title.trim() ? "Enter a title." : null,
      text: way === "text" && !text.trim() ? "Enter the text." : null,
      url:
        way === "url" && !/^https?:\/\/\S+$/i.test(url.trim())
          ? "Enter an address such as https://shop.example/terms."
          : null,
      chunking: advanced.problem,
    },
    save: async () => {
      const named = { ...advanced.chunking, ...(title.trim() ? { title: title.trim() } : {}) };
      const source: NewSource = way === "url" ? { ...named, url: url.trim() } : { ...named, text, kind };
      await (replace ? changes.replace(replace.id, source) : changes.add(source));
      notifications.show({
        message: replace ? "The new version is being read." : "Added. It is being read.",
      });
    },
    done: props.done,
  });

  return (
    <SaveForm
      saving={saving}
      fields={["title", "text", "url"]}
      cancel={props.done}
      verb={replace ? "Replace" : "Add"}
    >
      {way === "url" && (
        <TextInput
          label="Address of the page"
          description="It is fetched once; “Fetch the page again” brings it up to date"
          type="url"
          required
          data-autofocus
          placeholder="https://"
          value={url}
          error={saving.problem("url")}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
      )}
      <Group align="flex-start" grow preventGrowOverflow={false}>
        <TextInput
          label="Title"
          description={
            way === "url"
              ? "As the page calls itself unless given"
              : "What agents and customers see as the source"
          }
          required={way === "text"}
          maxLength={TITLE_MAX_CHARS}
          value={title}
          error={saving.problem("title")}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        {way === "text" && (
          <Select
            label="Written in"
            description="Headings help to cut it well"
            maw={190}
            allowDeselect={false}
            data={[
              { value: "markdown", label: "Markdown" },
              { value: "text", label: "Plain text" },
            ]}
            value={kind}
            onChange={(next) => setKind(next === "text" ? "text" : "markdown")}
          />
        )}
      </Group>
      {way === "text" && (
        <Textarea
          label="Text"
          required
          autosize
          minRows={8}
          maxRows={18}
          value={text}
          error={saving.problem("text") ?? unread}
          disabled={written.isLoading}
          placeholder={written.isLoading ? "The text is being fetched" : undefined}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      {advanced.element}
    </SaveForm>
  );
}
