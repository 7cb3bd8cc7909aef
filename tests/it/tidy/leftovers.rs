//! First lines, front pages, leftovers, names of tests, comments of configuration keys.

use std::fs;

use super::source::{files, pattern, root};

/// What people write and read here.
const TEXT: &[&str] = &[".rs", ".md", ".toml", ".sh", ".yml", ".ts", ".py", "Makefile", ".ci/run"];

#[test]
fn every_source_file_opens_with_its_purpose() {
    let mut wrong = Vec::new();
    for file in files("src", &[".rs"]).iter().chain(&files("tests", &[".rs"])) {
        if !file.text.starts_with("//! ") {
            wrong.push(file.path.clone());
        }
    }
    assert!(wrong.is_empty(), "these do not start with `//! `: {wrong:?}");
}

#[test]
fn every_room_has_a_front_page_that_says_what_it_imports() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("src")).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        let room = entry.file_name().to_string_lossy().into_owned();
        let page = fs::read_to_string(entry.path().join("mod.rs")).unwrap_or_default();
        let docs: String = page.lines().take_while(|line| line.starts_with("//!")).collect();
        if room != "bin" && !docs.contains("mports") {
            wrong.push(room);
        }
    }
    assert!(wrong.is_empty(), "src/<room>/mod.rs opens with the purpose and what the room imports: {wrong:?}");
}

#[test]
fn nothing_is_left_for_later_in_the_code() {
    let mark = pattern(&format!(r"\b({}|{}|X{{3}})\b", ["FIX", "ME"].concat(), ["TO", "DO"].concat()));
    let mut wrong = Vec::new();
    for file in files("", TEXT) {
        for (at, line) in file.text.lines().enumerate().filter(|(_, line)| mark.is_match(line)) {
            wrong.push(format!("{}:{}: {}", file.path, at + 1, line.trim()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    let home = pattern(&["(^|[\\s\"'`(=:])/(", "home|root|work|Users", ")/\\w"].concat());
    let mut wrong = Vec::new();
    for file in files("", TEXT) {
        for (at, line) in file.text.lines().enumerate().filter(|(_, line)| home.is_match(line)) {
            wrong.push(format!("{}:{}: {}", file.path, at + 1, line.trim()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn names_of_tests_are_sentences() {
    let test = pattern(r"#\[(?:tokio::)?test[^\]]*\]\s+(?:#\[[^\]]*\]\s+)*(?:async )?fn (\w+)");
    let mut wrong = Vec::new();
    for file in files("src", &[".rs"]).iter().chain(&files("tests", &[".rs"])) {
        for found in test.captures_iter(&file.text) {
            let name = &found[1];
            if name.matches('_').count() < 2 || name.starts_with("test_") {
                wrong.push(format!("{}: {name}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "say what holds, in words: {wrong:?}");
}

#[test]
fn every_key_of_the_configuration_has_a_comment() {
    let Ok(text) = fs::read_to_string(root().join("config.toml")) else { return };
    let key = pattern(r"^[a-z0-9_]+\s*=");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let commented = |at: usize| lines[at].contains(" # ") || (at > 0 && lines[at - 1].starts_with('#'));
    let bare: Vec<&str> =
        (0..lines.len()).filter(|at| key.is_match(lines[*at]) && !commented(*at)).map(|at| lines[at]).collect();
    assert!(bare.is_empty(), "config.toml: what does it do, and why this default? {bare:?}");
}
