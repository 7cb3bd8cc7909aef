import { Avatar, Indicator, Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconBell,
  IconBellRinging,
  IconCheck,
  IconDeviceDesktop,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSun,
  IconVolume,
  IconVolumeOff,
} from "@tabler/icons-react";
import { useState } from "react";
import { signOut, useMe } from "../api/session";
import type { AgentStatus } from "../api/types";
import { statusColor, statusWord } from "../components/people";
import { explain } from "../components/states";
import { useLive, useLiveStore } from "../live/hooks";
import { statusOf } from "../live/state";
import { canNotify } from "./attention";
import { setPrefs, usePrefs } from "./prefs";
import classes from "./Shell.module.css";

const STATUSES: { status: AgentStatus; hint: string }[] = [
  { status: "available", hint: "gets offers" },
  { status: "busy", hint: "no new offers" },
  { status: "away", hint: "not at work" },
];

export function AccountMenu() {
  const { user, organization } = useMe();
  const status = useLive(statusOf);
  return (
    <Menu position="right-end" width={270} returnFocus>
      <Menu.Target>
        <UnstyledButton className={classes.account}>
          <span className="visually-hidden">
            {user.name}, {statusWord(status)}: status and preferences
          </span>
          <Indicator
            color={statusColor(status)}
            size={11}
            offset={5}
            position="bottom-end"
            withBorder
            aria-hidden
          >
            <Avatar name={user.name} color="accent" size={34} radius="xl" />
          </Indicator>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name} · {organization.name}
        </Menu.Label>
        <StatusItems current={status} />
        <Menu.Divider />
        <AlertItems />
        <Menu.Divider />
        <SchemeItems />
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function StatusItems(props: { current: AgentStatus }) {
  const store = useLiveStore();
  const choose = (status: AgentStatus) =>
    store.setStatus(status).catch((error) => notifications.show({ color: "red", message: explain(error) }));
  return STATUSES.map(({ status, hint }) => (
    <Menu.Item
      key={status}
      onClick={() => choose(status)}
      leftSection={
        <span
          className={classes.dot}
          style={{ background: `var(--mantine-color-${statusColor(status)}-6)` }}
        />
      }
      rightSection={props.current === status ? <IconCheck size={16} aria-label="chosen" /> : null}
    >
      {statusWord(status)} <span className={classes.hint}>{hint}</span>
    </Menu.Item>
  ));
}

function AlertItems() {
  const { sound, letters } = usePrefs();
  const [permission, setPermission] = useState(() => (canNotify() ? Notification.permission : "denied"));
  const ask = () => Notification.requestPermission().then(setPermission);
  return (
    <>
      <Menu.Item
        closeMenuOnClick={false}
        leftSection={sound ? <IconVolume size={16} /> : <IconVolumeOff size={16} />}
        onClick={() => setPrefs({ sound: !sound })}
      >
        Sound: {sound ? "on" : "off"}
      </Menu.Item>
      <Menu.Item
        closeMenuOnClick={false}
        disabled={permission !== "default"}
        leftSection={permission === "granted" ? <IconBellRinging size={16} /> : <IconBell size={16} />}
        onClick={ask}
      >
        {permission === "granted"
          ? "Desktop notifications: on"
          : permission === "denied"
            ? "Notifications are blocked by the browser"
            : "Turn desktop notifications on"}
      </Menu.Item>
      <Menu.Item
        closeMenuOnClick={false}
        leftSection={<IconKeyboard size={16} />}
        onClick={() => setPrefs({ letters: !letters })}
      >
        Single-letter shortcuts: {letters ? "on" : "off"}
      </Menu.Item>
    </>
  );
}

function SchemeItems() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const items = [
    { scheme: "light", label: "Light", icon: <IconSun size={16} /> },
    { scheme: "dark", label: "Dark", icon: <IconMoon size={16} /> },
    { scheme: "auto", label: "As the system", icon: <IconDeviceDesktop size={16} /> },
  ] as const;
  return items.map(({ scheme, label, icon }) => (
    <Menu.Item
      key={scheme}
      leftSection={icon}
      rightSection={colorScheme === scheme ? <IconCheck size={16} aria-label="chosen" /> : null}
      onClick={() => setColorScheme(scheme)}
    >
      {label}
    </Menu.Item>
  ));
}
