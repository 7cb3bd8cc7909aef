//! The page of the agent protocol beside real frames: every field that goes over the socket is on it, and every command
//! that it names is known.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use switchboard::domain::Role;

use super::super::{Desk, colleague, say, staffed};

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/dialects/agent-live.md");
    std::fs::read_to_string(path).unwrap()
}

/// The part of the page below a heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let below = page.split_once(heading).unwrap_or_else(|| panic!("no {heading}")).1;
    below.split_once("\n## ").map_or(below, |(section, _)| section).split("\n### ").next().unwrap()
}

/// The rows of a table, as their cells.
fn rows(section: &str) -> Vec<Vec<&str>> {
    let rows = section.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    rows.skip(1).map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The words in quotation marks or backticks that could be fields.
fn words(text: &str, mark: char) -> BTreeSet<String> {
    let word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    text.split(mark).skip(1).step_by(2).filter(word).map(str::to_owned).collect()
}

/// The fields of the one JSON block below a heading.
fn block(page: &str, heading: &str) -> BTreeSet<String> {
    let text = section(page, heading).split_once("```json\n").unwrap().1.split_once("\n```").unwrap().0;
    fields(&serde_json::from_str(text).unwrap())
}

fn fields(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

fn rows_of<'a>(frame: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    frame[list].as_array().unwrap().iter()
}

struct Page {
    frames: BTreeMap<String, BTreeSet<String>>,
    kinds: BTreeMap<String, BTreeSet<String>>,
    summary: BTreeSet<String>,
    agent: BTreeSet<String>,
}

impl Page {
    fn read() -> Self {
        let text = page();
        let mut frames = BTreeMap::new();
        for row in rows(section(&text, "\n## Server to client")) {
            let kind = row[0].split_once("\"type\": \"").unwrap().1.split_once('"').unwrap().0.to_owned();
            frames.insert(kind, words(row[0], '"'));
        }
        for kind in ["welcome", "resync", "desk"] {
            let shown = text.split_once(&format!("{{\"type\": \"{kind}\"")).unwrap().1.lines().next().unwrap();
            frames.insert(kind.to_owned(), words(&format!("\"type\": \"\"{shown}"), '"'));
        }
        let mut kinds = BTreeMap::new();
        for row in rows(section(&text, "\n### Kinds of events")) {
            for kind in words(row[0], '`') {
                kinds.insert(kind, words(row[1], '`'));
            }
        }
        Self { frames, kinds, summary: block(&text, "\n## Summary"), agent: block(&text, "\n## Agent") }
    }

    fn knows(&self, frame: &Value) {
        let kind = frame["type"].as_str().unwrap();
        let mut known = self.frames.get(kind).unwrap_or_else(|| panic!("{kind} is not on the page: {frame}")).clone();
        known.insert("type".to_owned());
        if let Some(event) = frame["kind"].as_str().filter(|_| kind == "event") {
            known.extend(self.kinds.get(event).unwrap_or_else(|| panic!("{event} is not on the page")).clone());
        }
        if kind != "ack" {
            let unknown: Vec<_> = fields(frame).into_iter().filter(|field| !known.contains(field)).collect();
            assert!(unknown.is_empty(), "{unknown:?} of {frame} is not on the page");
        }
        if frame["session"].is_object() {
            assert_eq!(fields(&frame["session"]), self.summary, "{frame}");
        }
        if kind == "lists" {
            rows_of(frame, "sessions").for_each(|summary| assert_eq!(fields(summary), self.summary, "{frame}"));
            rows_of(frame, "agents").for_each(|agent| assert_eq!(fields(agent), self.agent, "{frame}"));
        }
    }
}

#[tokio::test]
async fn every_frame_of_a_day_is_on_the_page() {
    let app = staffed().await;
    let (jane, joe) = (colleague(&app, "Jane Smith", Role::Agent).await, colleague(&app, "Joe Doe", Role::Agent).await);
    let (mut desk, mut heard) = Desk::hello(&app, &jane, json!({ "scope": "all" })).await;
    say(&app, "s1", "Hello").await;
    let offer = desk.frame("offer").await;
    let epoch = offer["session"]["epoch"].clone();
    heard.push(offer);
    heard.push(desk.done("accept", json!({ "session": "s1", "epoch": epoch })).await);
    let mut other = Desk::open(&app, &joe).await;
    other.done("watch", json!({ "session": "s1", "after": 0 })).await;
    heard.push(desk.done("watch", json!({ "session": "s1", "after": 0 })).await);
    other.order("typing", json!({ "session": "s1", "active": true })).await;
    heard.push(desk.frame("typing").await);
    let steps = [
        ("read", json!({ "session": "s1", "upto": 2 })),
        ("send", json!({ "session": "s1", "text": "Hi" })),
        ("note", json!({ "session": "s1", "text": "VIP" })),
        ("hold", json!({ "session": "s1" })),
        ("unhold", json!({ "session": "s1" })),
        ("route", json!({ "session": "s1", "priority": "high", "skills": ["billing"] })),
        ("close", json!({ "session": "s1", "reason": "solved", "summary": "Done" })),
    ];
    for (kind, fields) in steps {
        heard.push(desk.done(kind, fields).await);
    }
    heard.push(desk.command("dance", json!({})).await);
    heard.push(desk.wait_for(|frame| frame["kind"] == "owner" && frame["owner"] == "closed").await);
    let told_of = |list: &'static str| move |frame: &Value| frame["type"] == "lists" && frame[list] != json!([]);
    heard.push(desk.wait_for(told_of("sessions")).await);
    heard.push(desk.wait_for(told_of("agents")).await);
    heard.append(&mut desk.heard);
    let page = Page::read();
    heard.iter().for_each(|frame| page.knows(frame));
    let types: BTreeSet<&str> = heard.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    for kind in ["event", "lists", "offer", "offer_ended", "typing", "viewers", "ack", "error"] {
        assert!(types.contains(kind), "{kind} never came: {types:?}");
    }
    for list in ["sessions", "agents"] {
        let came = heard.iter().filter(|frame| frame["type"] == "lists").any(|frame| rows_of(frame, list).count() > 0);
        assert!(came, "no frame names {list}");
    }
    let kinds: BTreeSet<&str> = heard.iter().filter_map(|frame| frame["kind"].as_str()).collect();
    for kind in
        ["started", "message", "owner", "note", "offered", "offer_ended", "held", "unheld", "read", "wrapped_up"]
    {
        assert!(kinds.contains(kind), "{kind} never came: {kinds:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn every_command_of_the_page_is_known() {
    let app = staffed().await;
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    let mut desk = Desk::hello(&app, &jane, json!({ "status": "away" })).await.0;
    let text = page();
    let commands: BTreeSet<String> =
        rows(section(&text, "\n## Client to server")).iter().flat_map(|row| words(row[0], '`')).collect();
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands {
        // Without its fields each is refused for the first of them, and not for its name.
        let refused = desk.command(&command, json!({})).await;
        assert_eq!((&refused["code"], refused["field"] != "type"), (&json!("invalid"), true), "{command}: {refused}");
    }
    app.stop().await;
}
