// System: what the engine is made of at this moment, what went wrong, what was set aside, and who changed what.
import { Switch, Tabs } from "@mantine/core";
import { useState } from "react";
import { useLocation, useParams } from "wouter";
import { useIsAdmin } from "../../api/session";
import { Chip } from "../../components/Chip";
import { PageHeader } from "../../components/PageHeader";
import { AdminsOnly, ErrorState, LoadingRows } from "../../components/states";
import { ActorsTab } from "./ActorsTab";
import { AuditTab } from "./AuditTab";
import { ChannelsTab } from "./ChannelsTab";
import { OverviewTab } from "./OverviewTab";
import { ParkedTab } from "./ParkedTab";
import { useParked, useSystem } from "./queries";

const tabs = ["overview", "channels", "actors", "parked", "audit"];

export default function SystemPage() {
  if (useIsAdmin()) return <Loaded />;
  return (
    <div className="page">
      <PageHeader title="System" />
      <AdminsOnly what="Only administrators can look into the engine." />
    </div>
  );
}

function Loaded() {
  const [, navigate] = useLocation();
  const chosen = useParams<{ tab?: string }>().tab ?? "overview";
  const tab = tabs.includes(chosen) ? chosen : "overview";
  const [live, setLive] = useState(true);
  const system = useSystem(live);
  const parked = useParked();
  const count = parked.data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? 0;
  const more = parked.hasNextPage ? "+" : "";
  const waiting = system.isPending && <LoadingRows rows={5} height={72} label="Loading the system" />;
  const failed = system.isError && !system.data && (
    <ErrorState error={system.error} retry={() => system.refetch()} />
  );
  return (
    <div className="page">
      <PageHeader
        title="System"
        subtitle={system.data && `Switchboard ${system.data.version}, up for ${uptime(system.data.uptime_s)}`}
        actions={
          <Switch
            label="Refresh every 5 s"
            checked={live}
            onChange={(event) => setLive(event.currentTarget.checked)}
          />
        }
      />
      <Tabs
        value={tab}
        onChange={(value) => navigate(`/system/${value}`, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List mb="lg" aria-label="System">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          <Tabs.Tab value="channels">Channels</Tabs.Tab>
          <Tabs.Tab value="actors">Actors</Tabs.Tab>
          <Tabs.Tab value="parked" rightSection={count > 0 && <Chip kind="warn">{`${count}${more}`}</Chip>}>
            Parked work
          </Tabs.Tab>
          <Tabs.Tab value="audit">Audit log</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview">
          {waiting || failed}
          {system.data && <OverviewTab system={system.data} stale={system.isError} />}
        </Tabs.Panel>
        <Tabs.Panel value="channels">
          {waiting || failed}
          {system.data && <ChannelsTab channels={system.data.channels} />}
        </Tabs.Panel>
        <Tabs.Panel value="actors">
          {waiting || failed}
          {system.data && <ActorsTab root={system.data.actors} />}
        </Tabs.Panel>
        <Tabs.Panel value="parked">
          <ParkedTab />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <AuditTab />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

function uptime(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}
