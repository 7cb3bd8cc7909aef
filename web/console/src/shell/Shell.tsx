// The frame around every page: the navigation on the left, the page as the main landmark, and what is on every page.
import { Badge, Stack, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useIsAdmin } from "../api/session";
import { LiveProvider, useLive } from "../live/hooks";
import { attentionOf } from "../live/state";
import { type PageRoute, routes } from "../routes";
import { AccountMenu } from "./AccountMenu";
import { useAttention } from "./attention";
import { ConnectionBanner } from "./ConnectionBanner";
import { useCommands, useKeyboard } from "./commands";
import { Logo } from "./Logo";
import { Offers } from "./Offers";
import { Palette } from "./Palette";
import { PasswordModal } from "./PasswordModal";
import classes from "./Shell.module.css";
import { ShortcutHelp } from "./ShortcutHelp";

export function Shell(props: { children: ReactNode }) {
  return (
    <LiveProvider>
      <Frame>{props.children}</Frame>
    </LiveProvider>
  );
}

function Frame(props: { children: ReactNode }) {
  useAttention();
  useKeyboard();
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        Skip to content
      </a>
      <Navigation />
      <div className={classes.column}>
        <ConnectionBanner />
        <main id="main" className={classes.main} tabIndex={-1}>
          {props.children}
        </main>
      </div>
      <Offers />
      <Palette />
      <ShortcutHelp />
      <PasswordModal />
    </div>
  );
}

function Navigation() {
  const admin = useIsAdmin();
  const [, navigate] = useLocation();
  const waiting = useLive(attentionOf);
  const shown = routes.filter((route) => admin || !route.adminOnly);
  useCommands(
    shown.map((route) => ({
      id: `go-${route.to}`,
      label: route.label,
      group: "Go to",
      run: () => navigate(route.to),
    })),
  );
  return (
    <nav className={classes.navigation} aria-label="Main">
      <div className={classes.logo}>
        <Logo size={28} />
      </div>
      <Stack gap={4} align="center" style={{ flex: 1 }}>
        {shown.map((route) => (
          <NavigationLink key={route.to} route={route} count={route.to === "/inbox" ? waiting : 0} />
        ))}
      </Stack>
      <AccountMenu />
    </nav>
  );
}

function NavigationLink(props: { route: PageRoute; count: number }) {
  const { to, label, icon: Icon } = props.route;
  const [location] = useLocation();
  const { count } = props;
  return (
    <Tooltip label={label} position="right">
      <Link
        href={to}
        className={classes.link}
        aria-label={count > 0 ? `${label}, ${count} new` : label}
        aria-current={location.startsWith(to) ? "page" : undefined}
      >
        <Icon size={21} stroke={1.6} aria-hidden />
        {count > 0 && (
          <Badge className={classes.count} size="xs" variant="filled" color="red" aria-hidden>
            {count > 99 ? "99+" : count}
          </Badge>
        )}
      </Link>
    </Tooltip>
  );
}
