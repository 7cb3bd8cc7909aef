import { Text } from "@mantine/core";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { useLast } from "../../components/useLast";
import { useDocumentChanges } from "./queries";
import type { KnowledgeDocument } from "./types";

export function DeleteDialog(props: {
  document: KnowledgeDocument | null;
  onClose: () => void;
  deleted?: () => void;
}) {
  const { document, deleted } = props;
  const changes = useDocumentChanges();
  return (
    <ConfirmDialog
      opened={document !== null}
      onClose={props.onClose}
      title={`Delete “${useLast(document)?.title ?? ""}”?`}
      confirm="Delete"
      danger
      action={async () => {
        if (!document) return;
        await changes.remove(document.id, deleted);
      }}
    >
      <Text size="sm">
        The assistant stops answering from it at once, and its text is gone. Answers that were given with it
        stay as they are; their links to it lead nowhere.
      </Text>
    </ConfirmDialog>
  );
}
