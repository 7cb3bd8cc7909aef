// Knowledge: what the assistant may answer from, what it would find, and what it had no answer to. Everybody reads it,
// administrators change it. A source has a page of its own.
import { Alert, Tabs } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useLocation, useParams } from "wouter";
import { useIsAdmin } from "../../api/session";
import { PageHeader } from "../../components/PageHeader";
import { DocumentPage } from "./DocumentPage";
import { FaqTab } from "./FaqTab";
import { SearchTab } from "./SearchTab";
import { SourcesTab } from "./SourcesTab";
import { UnansweredTab } from "./UnansweredTab";

const tabs = [
  { value: "sources", label: "Sources", panel: SourcesTab },
  { value: "faqs", label: "FAQ", panel: FaqTab },
  { value: "unanswered", label: "Unanswered", panel: UnansweredTab },
  { value: "search", label: "Try a search", panel: SearchTab },
];

export default function KnowledgePage() {
  const { document } = useParams<{ document?: string }>();
  return (
    <div className="page">{document ? <DocumentPage id={decodeURIComponent(document)} /> : <Overview />}</div>
  );
}

function Overview() {
  const admin = useIsAdmin();
  const [, navigate] = useLocation();
  const chosen = useParams<{ tab?: string }>().tab;
  const tab = tabs.find((one) => one.value === chosen)?.value ?? "sources";
  return (
    <>
      <PageHeader title="Knowledge" subtitle="What the assistant answers from, with the place as its proof" />
      {!admin && (
        <Alert bg="var(--surface-hover)" color="gray" icon={<IconLock size={18} />} mb="md">
          Only administrators can change the knowledge. You can read and search it here.
        </Alert>
      )}
      <Tabs value={tab} onChange={(value) => navigate(`/knowledge/${value}`)} keepMounted={false}>
        <Tabs.List mb="lg" aria-label="Knowledge">
          {tabs.map((one) => (
            <Tabs.Tab key={one.value} value={one.value}>
              {one.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ value, panel: Panel }) => (
          <Tabs.Panel key={value} value={value}>
            <Panel />
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}
