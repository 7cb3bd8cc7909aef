// Settings: how the desk works and how the widget looks. Everybody reads, administrators change.
import { Alert, Tabs } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { Redirect, useLocation, useParams } from "wouter";
import { useIsAdmin } from "../../api/session";
import type { Settings } from "../../api/types";
import { PageHeader } from "../../components/PageHeader";
import { ErrorState, LoadingRows } from "../../components/states";
import { CannedTab } from "./CannedTab";
import { ClosingTab } from "./ClosingTab";
import { HoursTab } from "./HoursTab";
import { deskProblem, widgetProblem } from "./problems";
import { RetentionTab } from "./RetentionTab";
import { RoutingTab } from "./RoutingTab";
import { SaveBar } from "./SaveBar";
import classes from "./Settings.module.css";
import { TargetsTab } from "./TargetsTab";
import { useSection, useSettings } from "./useSection";
import { WidgetTab } from "./WidgetTab";

const tabs = [
  { value: "hours", label: "Hours" },
  { value: "routing", label: "Routing" },
  { value: "targets", label: "Targets" },
  { value: "closing", label: "Closing and ratings" },
  { value: "canned", label: "Canned replies" },
  { value: "widget", label: "Widget" },
  { value: "retention", label: "Retention" },
];
const deskTabs = ["hours", "routing", "targets", "closing"];

export default function SettingsPage() {
  const moved = useParams<{ tab?: string }>().tab === "assistant";
  // The assistant has a page of its own; links from before lead there.
  if (moved) return <Redirect to="/assistant" replace />;
  return <Sections />;
}

function Sections() {
  const settings = useSettings();
  const admin = useIsAdmin();
  return (
    <div className="page">
      <PageHeader title="Settings" subtitle="Changes count at once, for everybody" />
      {!admin && (
        <Alert bg="var(--surface-hover)" color="gray" icon={<IconLock size={18} />} mb="md">
          Only administrators can change settings. You can read them here.
        </Alert>
      )}
      {settings.isPending && <LoadingRows rows={6} label="Loading the settings" />}
      {settings.isError && !settings.data && (
        <ErrorState error={settings.error} retry={() => settings.refetch()} />
      )}
      {settings.data && <Loaded settings={settings.data} />}
    </div>
  );
}

function Loaded(props: { settings: Settings }) {
  const admin = useIsAdmin();
  const [, navigate] = useLocation();
  const chosen = useParams<{ tab?: string }>().tab;
  const tab = tabs.some((one) => one.value === chosen) ? (chosen ?? "hours") : "hours";
  const desk = useSection("desk", props.settings);
  const widget = useSection("widget", props.settings);
  const problem = deskProblem(desk.value);
  const unsaved = (value: string) =>
    (deskTabs.includes(value) && desk.dirty) || (value === "widget" && widget.dirty);

  return (
    <Tabs
      value={tab}
      onChange={(value) => navigate(`/settings/${value}`, { replace: true })}
      keepMounted={false}
    >
      <Tabs.List mb="lg" aria-label="Settings">
        {tabs.map((one) => (
          <Tabs.Tab key={one.value} value={one.value}>
            {one.label}
            {unsaved(one.value) && one.value === tab && (
              <span className="visually-hidden"> (not saved yet)</span>
            )}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {/* A disabled fieldset disables every field in it, so that no field has to know who looks at it. */}
      <fieldset disabled={!admin} className={classes.fields}>
        <legend className="visually-hidden">{tabs.find((one) => one.value === tab)?.label}</legend>
        <Tabs.Panel value="hours">
          <HoursTab desk={desk} />
        </Tabs.Panel>
        <Tabs.Panel value="routing">
          <RoutingTab desk={desk} />
        </Tabs.Panel>
        <Tabs.Panel value="targets">
          <TargetsTab desk={desk} />
        </Tabs.Panel>
        <Tabs.Panel value="closing">
          <ClosingTab desk={desk} />
        </Tabs.Panel>
        <Tabs.Panel value="widget">
          <WidgetTab widget={widget} />
        </Tabs.Panel>
      </fieldset>
      <Tabs.Panel value="canned">
        <CannedTab />
      </Tabs.Panel>
      <Tabs.Panel value="retention">
        <RetentionTab />
      </Tabs.Panel>
      {deskTabs.includes(tab) && (
        <SaveBar
          edited={desk}
          shown={[
            "hours",
            "zone",
            "exceptions",
            "hook_url",
            "offer_s",
            "missed_offers_max",
            "grace_s",
            "capacity",
            "rules",
            "close_reasons",
          ]}
          problem={
            problem &&
            (problem.tab === tab
              ? problem.text
              : `${problem.text} See ${tabs.find((one) => one.value === problem.tab)?.label}.`)
          }
        />
      )}
      {tab === "widget" && (
        <SaveBar
          edited={widget}
          shown={["domains", "color", "greeting", "title"]}
          problem={widgetProblem(widget.value)}
        />
      )}
    </Tabs>
  );
}
