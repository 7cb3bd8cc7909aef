//! The import table. One crate has no compiler walls between its rooms, so this test is the wall.

use std::collections::BTreeSet;

use super::source::{Source, files, pattern, program};

/// A room, and the rooms it may import. A room imports itself freely; `clock` is open to all but `domain`.
/// `config` is a tree of what each component takes. `http/*` stands for every dialect (and `console`, `docs`, `web`); `*` is
/// everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &["domain"]),
    ("telemetry", &["domain", "config"]),
    ("outward", &[]),
    ("program", &[]),
    ("store", &["domain"]),
    ("bus", &["domain"]),
    ("channels", &["domain"]),
    ("auth", &["domain", "store"]),
    ("assistant", &["domain", "store", "knowledge", "outward", "program"]),
    ("knowledge", &["domain", "store"]),
    ("actors", &["domain", "store", "bus", "assistant", "knowledge", "outward", "telemetry"]),
    (
        "engine",
        &[
            "domain",
            "store",
            "bus",
            "assistant",
            "knowledge",
            "actors",
            "auth",
            "channels",
            "outward",
            "program",
            "telemetry",
        ],
    ),
    // Sockets read committed entries from the bus: docs/adr/0004-sockets-read-the-bus.md.
    ("http", &["domain", "engine", "auth", "bus", "telemetry", "config", "http/*"]),
    ("http/*", &["domain", "engine", "auth", "bus", "telemetry", "http"]),
    ("config", &["*"]),
    ("app", &["*"]),
    ("cli", &["*"]),
    ("bin", &["*"]),
];

/// Crates that touch the world. `domain` and `channels` are plain functions and know none of them.
const WORLD: &str = r"\b(tokio|ractor|axum|hyper|tower|sled|fjall|sqlx|reqwest|tokio_tungstenite|tracing|metrics)::";

#[test]
fn rooms_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for file in program() {
        let Some(room) = room(&file.module()) else { continue };
        let Some(allowed) = allowed(&room) else {
            wrong.push(format!("{}: `{room}` is not in the table: say whom it may import", file.path));
            continue;
        };
        for target in imported_rooms(&file) {
            if target != room && !permits(allowed, &room, &target) {
                wrong.push(format!("{}: {room} may not import {target}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_domain_and_the_channels_touch_nothing_of_the_world() {
    let world = pattern(WORLD);
    for file in ["src/domain", "src/channels"].into_iter().flat_map(|room| files(room, &[".rs"])) {
        let code = file.code();
        let found = world.find(&code).map(|found| found.as_str());
        assert_eq!(found, None, "{}: this room is plain functions", file.path);
    }
}

#[test]
fn the_wall_sees_every_way_to_write_an_import() {
    let seen = |path: &str, text: &str| {
        let file = Source { path: path.into(), text: text.into() };
        imported_rooms(&file).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(seen("src/store/log.rs", "use crate::actors::session;"), ["actors"]);
    assert_eq!(seen("src/store/log.rs", "fn f() { crate::bus::tell() }"), ["bus"]);
    assert_eq!(seen("src/store/log.rs", "use super::super::engine;"), ["engine"]);
    assert_eq!(seen("src/store/log.rs", "use super::record;"), ["store"]);
    assert_eq!(seen("src/http/care/decode.rs", "use super::super::platform::wire;"), ["http/platform"]);
    assert_eq!(
        seen("src/http/care/decode.rs", "use crate::{domain::{Body, Email}, http::{live, platform}};"),
        ["domain", "http", "http/platform",]
    );
    assert_eq!(seen("src/bin/x.rs", "use switchboard::app::App;"), ["app"]);
    assert!(seen("src/store/log.rs", "//! See [`crate::engine`].\n// use crate::actors;").is_empty());
}

/// The room of a module: its first word, or `http/<dialect>` below a dialect's folder.
fn room(module: &[&str]) -> Option<String> {
    match module {
        [] => None,
        ["http", dialect, ..] if is_dialect(dialect) => Some(format!("http/{dialect}")),
        [first, ..] => Some((*first).to_owned()),
    }
}

fn is_dialect(name: &str) -> bool {
    matches!(name, "platform" | "care" | "omni" | "rooms" | "tenant" | "console" | "docs" | "web")
}

fn allowed(room: &str) -> Option<&'static [&'static str]> {
    let name = if room.starts_with("http/") { "http/*" } else { room };
    MAY_IMPORT.iter().find(|(of, _)| *of == name).map(|(_, allowed)| *allowed)
}

fn permits(allowed: &[&str], room: &str, target: &str) -> bool {
    let any_dialect = target.starts_with("http/") && allowed.contains(&"http/*");
    let clock = target == "clock" && room != "domain";
    clock || any_dialect || allowed.contains(&"*") || allowed.contains(&target)
}

/// The rooms that a file names, by `crate::`, by `super::` chains, or as `switchboard::` from a program.
fn imported_rooms(file: &Source) -> BTreeSet<String> {
    let code = file.code();
    let module = file.module();
    let known = |path: &Vec<String>| {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        room(&path).filter(|room| allowed(room).is_some())
    };
    let mut paths = Vec::new();
    for start in pattern(r"\b(?:crate|switchboard)::").find_iter(&code) {
        expand(&code[start.end()..], &mut Vec::new(), &mut paths);
    }
    for chain in pattern(r"\b(?:super::)+").find_iter(&code) {
        let ups = chain.as_str().matches("super::").count();
        let mut prefix: Vec<String> =
            module.iter().take(module.len().saturating_sub(ups)).map(|word| (*word).to_owned()).collect();
        expand(&code[chain.end()..], &mut prefix, &mut paths);
    }
    paths.iter().filter_map(known).collect()
}

/// Follows a path and its `{…}` groups from here, as far as rooms are concerned (two words deep).
fn expand(text: &str, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        for part in group_parts(group) {
            expand(part, &mut prefix.clone(), paths);
        }
        return;
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    prefix.push(text[..end].to_owned());
    match text[end..].strip_prefix("::") {
        Some(rest) if prefix.len() < 2 => expand(rest, prefix, paths),
        _ => paths.push(prefix.clone()),
    }
}

/// The parts of a group between commas, up to its closing brace.
fn group_parts(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0_usize, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&text[from..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}
