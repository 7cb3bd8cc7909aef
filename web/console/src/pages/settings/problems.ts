// What keeps a section from being saved, said while it is typed. The server checks all of it again.
import type { DeskSettings, WidgetSettings } from "../../api/types";
import { hoursAreValid } from "./hours";

export type DeskTab = "hours" | "routing" | "targets" | "closing";

/** The first thing to mend, and the tab on which it is. */
export function deskProblem(desk: DeskSettings): { tab: DeskTab; text: string } | null {
  if (desk.hours && !hoursAreValid(desk.hours))
    return { tab: "hours", text: "Some hours need to be mended." };
  if (desk.policy === "hook" && hookProblem(desk.hook_url)) {
    return { tab: "routing", text: "The service that chooses needs an address." };
  }
  const numbers = [desk.offer_s, desk.missed_offers_max, desk.grace_s, desk.capacity, desk.targets.warn_at];
  if (numbers.some((number) => typeof number !== "number" || Number.isNaN(number))) {
    return { tab: "routing", text: "A number is missing." };
  }
  const targets = [desk.targets.first_response_s, desk.targets.next_response_s, desk.targets.resolution_s];
  if (targets.some((seconds) => seconds !== null && !(seconds > 0))) {
    return { tab: "targets", text: "A target needs a time." };
  }
  if (desk.close_reasons.length === 0)
    return { tab: "closing", text: "Keep at least one reason for closing." };
  return null;
}

export function hookProblem(address: string | null): string | null {
  if (!address?.trim()) return "Enter the address that is asked.";
  return isHttp(address) ? null : "Enter a full address, such as https://routing.example.com/choose.";
}

export function domainProblem(domains: string[]): string | null {
  const wrong = domains.find((domain) => !isOrigin(domain));
  return wrong ? `“${wrong}” is not the origin of a page; write it like https://shop.example.com.` : null;
}

export function colorProblem(color: string): string | null {
  return /^#[0-9a-f]{6}$/i.test(color) ? null : "Enter a colour such as #1c7ed6.";
}

export function widgetProblem(widget: WidgetSettings): string | null {
  return (
    colorProblem(widget.color) ??
    domainProblem(widget.domains) ??
    (widget.title.trim() ? null : "Enter a title.")
  );
}

function isOrigin(text: string): boolean {
  return isHttp(text) && new URL(text).origin === text;
}

function isHttp(text: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}
