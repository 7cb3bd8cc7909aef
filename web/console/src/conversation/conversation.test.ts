import { describe, expect, it } from "vitest";
import type { CannedReply, SessionEvent } from "../api/types";
import { targetText } from "../components/time";
import { cannedQuery, filled, fitting } from "./canned";
import { linkParts } from "./links";
import { currentSuggestion, lastRead, rowsOf } from "./timeline";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 12, minute)).toISOString();
const said = (seq: number, from: "customer" | "agent" | "assistant", minute = seq): SessionEvent => ({
  session: "s",
  seq,
  at: at(minute),
  kind: "message",
  message_id: `m${seq}`,
  from,
  agent: from === "agent" ? { id: "jane", name: "Jane" } : null,
  text: `text ${seq}`,
});
const suggested = (seq: number, text: string | null): SessionEvent => ({
  session: "s",
  seq,
  at: at(seq),
  kind: "suggested",
  turn: seq,
  upto: seq - 1,
  text,
  intent: null,
  confidence: null,
  sources: [],
});

describe("links", () => {
  const links = (text: string) => linkParts(text).flatMap((part) => (part.href ? [part.href] : []));

  it("are made of http and https only, and leave the text whole", () => {
    const text = "See https://a.example/x?y=1, (http://b.example). javascript:alert(1) data:text/html,x";
    expect(links(text)).toEqual(["https://a.example/x?y=1", "http://b.example"]);
    expect(
      linkParts(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  });

  it("keep a bracket that belongs to the address", () => {
    expect(links("https://a.example/x_(y) and (https://a.example/z)")).toEqual([
      "https://a.example/x_(y)",
      "https://a.example/z",
    ]);
  });

  it("do not end a tag or an attribute", () => {
    expect(links('<a href="https://a.example/">x</a>')).toEqual(["https://a.example/"]);
    expect(links("https://")).toEqual([]);
  });
});

describe("canned replies", () => {
  const reply = (shortcut: string, title = "", text = ""): CannedReply => ({
    id: shortcut,
    shortcut,
    title,
    text,
    team: null,
    updated_at: at(0),
  });

  it("are looked for when the text is a slash and a word", () => {
    expect(cannedQuery("/")).toBe("");
    expect(cannedQuery("/ref")).toBe("ref");
    expect(cannedQuery("/ref und")).toBeNull();
    expect(cannedQuery("and/or")).toBeNull();
  });

  it("come with the best match first", () => {
    const all = [
      reply("hello", "Refund greeting"),
      reply("x", "", "refund"),
      reply("refund"),
      reply("other"),
    ];
    expect(fitting(all, "ref").map((one) => one.shortcut)).toEqual(["refund", "hello", "x"]);
  });

  it("leave no gap for a name that is not known", () => {
    const text = "Hello {{customer.name}}, I am {{ agent.name }}{{nobody}}.";
    expect(filled(text, { customer: "Ann", agent: "Jane" })).toBe("Hello Ann, I am Jane.");
    expect(filled(text, { customer: null, agent: "Jane" })).toBe("Hello, I am Jane.");
  });
});

describe("the timeline", () => {
  it("shows a name once for messages that follow each other, and a day once", () => {
    const rows = rowsOf([
      said(1, "customer"),
      said(2, "customer"),
      said(3, "agent"),
      said(4, "customer", 30),
    ]);
    expect(rows.map((row) => row.follows)).toEqual([false, true, false, false]);
    expect(rows.map((row) => row.newDay)).toEqual([true, false, false, false]);
  });

  it("keeps the rows that are there when older ones are loaded", () => {
    const events = [said(1, "customer"), suggested(2, "x"), said(3, "agent"), said(4, "agent")];
    const keys = rowsOf(events.slice(2)).map((row) => row.key);
    expect(
      rowsOf(events)
        .map((row) => row.key)
        .slice(-keys.length),
    ).toEqual(keys);
  });

  it("takes 10,000 messages in a moment", () => {
    const events = Array.from({ length: 10_000 }, (_, n) => said(n + 1, n % 2 ? "agent" : "customer", n));
    expect(rowsOf(events)).toHaveLength(10_000);
  });

  it("knows what the customer has read", () => {
    const rows = rowsOf([said(1, "agent"), said(2, "customer"), said(3, "agent")]);
    expect(lastRead(rows, 2)).toBe(1);
    expect(lastRead(rows, 3)).toBe(3);
    expect(lastRead(rows, 0)).toBeNull();
  });

  it("drops a suggestion once somebody has answered or the customer has said more", () => {
    expect(currentSuggestion([said(1, "customer"), suggested(2, "x")])?.text).toBe("x");
    expect(currentSuggestion([said(1, "customer"), suggested(2, null)])).toBeNull();
    expect(currentSuggestion([said(1, "customer"), suggested(2, "x"), said(3, "agent")])).toBeNull();
    expect(currentSuggestion([said(1, "customer"), suggested(2, "x"), said(3, "customer")])).toBeNull();
  });

  it("says how much time a target has left, in words", () => {
    expect(targetText("running", at(10), Date.parse(at(6)))).toBe("4 min left");
    expect(targetText("breached", at(4), Date.parse(at(6)))).toBe("overdue by 2 min");
  });
});
