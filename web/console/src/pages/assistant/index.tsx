// Assistant: who it is, what it may say, what no model reads of customers, which model answers and which services it may ask.
// Everybody reads the first three, administrators change them and see the rest.
import { Alert, Tabs } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useLocation, useParams } from "wouter";
import { useIsAdmin } from "../../api/session";
import type { Settings } from "../../api/types";
import { Chip } from "../../components/Chip";
import { PageHeader } from "../../components/PageHeader";
import { AdminsOnly, ErrorState, LoadingRows } from "../../components/states";
import { SaveBar } from "../settings/SaveBar";
import classes from "../settings/Settings.module.css";
import { useSection, useSettings } from "../settings/useSection";
import { AnswersTab } from "./AnswersTab";
import { rulesProblem } from "./guardrails";
import { ModelTab } from "./ModelTab";
import { PersonalDataTab } from "./PersonalDataTab";
import { useModel } from "./queries";
import { RulesTab } from "./RulesTab";
import { ToolsTab } from "./ToolsTab";

const tabs = [
  { value: "answers", label: "Answers" },
  { value: "rules", label: "Rules" },
  { value: "data", label: "Personal data" },
  { value: "model", label: "Model" },
  { value: "tools", label: "Tools" },
];
const settingsTabs = ["answers", "rules", "data"];
/** The fields that show a refusal themselves. */
const shown = [
  "reply_max_chars",
  "confidence_floor",
  "style",
  "prohibited_topics",
  "scope",
  "fallback_message",
  "language",
  "pii",
  "pii_patterns",
  "persona",
  "link_hosts",
];

export default function AssistantPage() {
  const settings = useSettings();
  const admin = useIsAdmin();
  const model = useModel(admin);
  return (
    <div className="page">
      <PageHeader
        title="Assistant"
        subtitle="Who answers your customers, and what it may say. Changes count from the next answer on"
        actions={
          model.data && (
            <Chip kind={model.data.asked ? "accent" : "quiet"}>
              {model.data.asked ? `Answers with ${model.data.asked}` : "Answers without a model"}
            </Chip>
          )
        }
      />
      {!admin && (
        <Alert bg="var(--surface-hover)" color="gray" icon={<IconLock size={18} />} mb="md">
          Only administrators can change the assistant. You can read here how it is set.
        </Alert>
      )}
      {settings.isPending && <LoadingRows rows={6} label="Loading the settings" />}
      {settings.isError && !settings.data && (
        <ErrorState error={settings.error} retry={() => settings.refetch()} />
      )}
      {settings.data && <Loaded settings={settings.data} admin={admin} />}
    </div>
  );
}

function Loaded(props: { settings: Settings; admin: boolean }) {
  const { admin } = props;
  const [, navigate] = useLocation();
  const chosen = useParams<{ tab?: string }>().tab;
  const tab = tabs.some((one) => one.value === chosen) ? (chosen ?? "answers") : "answers";
  const assistant = useSection("assistant", props.settings);
  const forAdmins = <AdminsOnly what="Only administrators see the model and the tools." />;
  return (
    <Tabs
      value={tab}
      onChange={(value) => navigate(`/assistant/${value}`, { replace: true })}
      keepMounted={false}
    >
      <Tabs.List mb="lg" aria-label="Assistant">
        {tabs.map((one) => (
          <Tabs.Tab key={one.value} value={one.value}>
            {one.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {/* A disabled fieldset disables every field in it, so that no field has to know who looks at it. */}
      <fieldset disabled={!admin} className={classes.fields}>
        <legend className="visually-hidden">{tabs.find((one) => one.value === tab)?.label}</legend>
        <Tabs.Panel value="answers">
          <AnswersTab assistant={assistant} />
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          <RulesTab assistant={assistant} />
        </Tabs.Panel>
        <Tabs.Panel value="data">
          <PersonalDataTab assistant={assistant} />
        </Tabs.Panel>
      </fieldset>
      <Tabs.Panel value="model">{admin ? <ModelTab /> : forAdmins}</Tabs.Panel>
      <Tabs.Panel value="tools">{admin ? <ToolsTab /> : forAdmins}</Tabs.Panel>
      {settingsTabs.includes(tab) && (
        <SaveBar edited={assistant} shown={shown} problem={rulesProblem(assistant.value)} />
      )}
    </Tabs>
  );
}
