//! Lengths: a file holds one noun or verb, a function one screen. Exceptions are listed and may only shrink.

use std::collections::BTreeMap;

use super::source::{Source, pattern, program};

const FILE_MAX_LINES: usize = 500;
const FUNCTION_MAX_LINES: usize = 70;

/// What is longer today, as `path` or `path::function`, and how long it is. A number here only goes down; an entry that
/// is no longer needed must go.
const EXCEPTIONS: &[(&str, usize)] = &[];

#[test]
fn files_and_functions_stay_short() {
    let excepted: BTreeMap<&str, usize> = EXCEPTIONS.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    for (name, lines, limit) in measured() {
        let allowed = excepted.get(name.as_str()).copied();
        if lines <= limit && allowed.is_none() {
            continue;
        }
        match allowed {
            None => wrong.push(format!("{name} has {lines} lines, more than {limit}: there are two subjects in it")),
            Some(_) if lines <= limit => {
                wrong.push(format!("{name} has {lines} lines: its exception is stale, remove it"));
            }
            Some(max) if lines > max => wrong.push(format!("{name} grew from {max} to {lines} lines")),
            Some(max) if lines < max => wrong.push(format!("{name} has {lines} lines: lower its exception from {max}")),
            Some(_) => {}
        }
        seen.push(name);
    }
    let gone = EXCEPTIONS.iter().filter(|(name, _)| !seen.iter().any(|seen| seen == name));
    wrong.extend(gone.map(|(name, _)| format!("{name} is gone: remove its exception")));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_ruler_counts_a_function_from_its_name_to_its_brace() {
    let text =
        "impl A {\n    pub async fn b(\n        c: u8,\n    ) {\n        d();\n    }\n}\nfn e() {}\nfn f() {\n}\n";
    let file = Source { path: "src/a.rs".into(), text: text.into() };
    assert_eq!(functions(&file), [("b".to_owned(), 5), ("f".to_owned(), 2)]);
}

/// Every file and function with its length and the limit that holds for it.
fn measured() -> Vec<(String, usize, usize)> {
    let mut measured = Vec::new();
    for file in program() {
        measured.push((file.path.clone(), file.code_lines().len(), FILE_MAX_LINES));
        for (name, lines) in functions(&file) {
            measured.push((format!("{}::{name}", file.path), lines, FUNCTION_MAX_LINES));
        }
    }
    measured
}

/// Functions of more than one line. The formatter puts the closing brace under the first word.
fn functions(file: &Source) -> Vec<(String, usize)> {
    let head = pattern(r"^(\s*)(?:pub(?:\([a-z ]+\))? )?(?:const |async |extern )*fn (\w+)");
    let mut open: Option<(usize, String, String)> = None;
    let mut functions = Vec::new();
    for (at, line) in file.code_lines().into_iter().enumerate() {
        if let Some(found) = head.captures(line)
            && !(line.ends_with('}') || line.ends_with(';'))
        {
            open = Some((at, format!("{}}}", &found[1]), found[2].to_owned()));
        }
        if open.as_ref().is_some_and(|(_, end, _)| line == end)
            && let Some((from, _, name)) = open.take()
        {
            functions.push((name, at - from + 1));
        }
    }
    functions
}
