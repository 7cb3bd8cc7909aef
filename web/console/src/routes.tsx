// Every page of the console: its address, its place in the navigation, and its code, which is loaded when it is first opened.
import {
  IconBook2,
  IconChartHistogram,
  IconCoins,
  IconInbox,
  IconRobot,
  IconServer2,
  IconSettings,
  IconUsers,
  IconUsersGroup,
  IconWebhook,
  type TablerIcon,
} from "@tabler/icons-react";
import { type ComponentType, lazy } from "react";

export interface PageRoute {
  /** Patterns of wouter, below /console. */
  paths: string[];
  to: string;
  label: string;
  icon: TablerIcon;
  page: ComponentType;
  adminOnly: boolean;
}

export const routes: PageRoute[] = [
  {
    paths: ["/inbox/:session?"],
    to: "/inbox",
    label: "Inbox",
    icon: IconInbox,
    page: lazy(() => import("./pages/inbox")),
    adminOnly: false,
  },
  {
    paths: ["/customers/:customer?"],
    to: "/customers",
    label: "Customers",
    icon: IconUsers,
    page: lazy(() => import("./pages/customer")),
    adminOnly: false,
  },
  {
    paths: ["/dashboard"],
    to: "/dashboard",
    label: "Dashboard",
    icon: IconChartHistogram,
    page: lazy(() => import("./pages/dashboard")),
    adminOnly: false,
  },
  {
    paths: ["/knowledge/documents/:document", "/knowledge/:tab?"],
    to: "/knowledge",
    label: "Knowledge",
    icon: IconBook2,
    page: lazy(() => import("./pages/knowledge")),
    adminOnly: false,
  },
  {
    paths: ["/assistant/:tab?"],
    to: "/assistant",
    label: "Assistant",
    icon: IconRobot,
    page: lazy(() => import("./pages/assistant")),
    adminOnly: false,
  },
  {
    paths: ["/team"],
    to: "/team",
    label: "Team",
    icon: IconUsersGroup,
    page: lazy(() => import("./pages/team")),
    adminOnly: false,
  },
  {
    paths: ["/costs"],
    to: "/costs",
    label: "Costs",
    icon: IconCoins,
    page: lazy(() => import("./pages/costs")),
    adminOnly: true,
  },
  {
    paths: ["/webhooks/:webhook/:state?", "/webhooks"],
    to: "/webhooks",
    label: "Webhooks",
    icon: IconWebhook,
    page: lazy(() => import("./pages/webhooks")),
    adminOnly: true,
  },
  {
    paths: ["/settings/:tab?"],
    to: "/settings",
    label: "Settings",
    icon: IconSettings,
    page: lazy(() => import("./pages/settings")),
    adminOnly: false,
  },
  {
    paths: ["/system/:tab?"],
    to: "/system",
    label: "System",
    icon: IconServer2,
    page: lazy(() => import("./pages/system")),
    adminOnly: true,
  },
];
