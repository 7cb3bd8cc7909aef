//! The tree as the tidy tests see it: files, and their code without comments and without the tests at their end.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// A text file of the repository.
pub(super) struct Source {
    /// Its path from the root of the repository, with `/`.
    pub(super) path: String,
    /// Its text.
    pub(super) text: String,
}

impl Source {
    /// The lines before the unit tests, which stand at the end of a file.
    pub(super) fn code_lines(&self) -> Vec<&str> {
        self.text.lines().take_while(|line| line.trim() != "#[cfg(test)]").collect()
    }

    /// The code without line comments, so that a path in a doc comment is not an import.
    pub(super) fn code(&self) -> String {
        let keep = |line: &&str| !line.trim_start().starts_with("//");
        self.code_lines().into_iter().filter(keep).map(|line| line.split(" // ").next().unwrap_or(line)).fold(
            String::new(),
            |mut code, line| {
                code.push_str(line);
                code.push('\n');
                code
            },
        )
    }

    /// The modules that lead to this file: `src/store/log.rs` is `["store", "log"]`.
    pub(super) fn module(&self) -> Vec<&str> {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let inside = inside.strip_suffix(".rs").unwrap_or(inside);
        let mut module: Vec<&str> = inside.split('/').collect();
        if matches!(module.last(), Some(&("mod" | "lib" | "main"))) {
            module.pop();
        }
        module
    }
}

/// The program's own files, without files that hold nothing but unit tests.
pub(super) fn program() -> Vec<Source> {
    let mut files = files("src", &[".rs"]);
    files.retain(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"));
    files
}

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends in one of `endings`, in order of path.
pub(super) fn files(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    let wanted = |path: &PathBuf| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending));
    paths.into_iter().filter(wanted).map(read).collect()
}

/// A regular expression that is known to be right.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    const NOT_OURS: [&str; 6] = ["target", "data", "node_modules", ".git", "dist", "snapshots"];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if !path.is_dir() {
            paths.push(path);
        } else if !NOT_OURS.iter().any(|name| path.ends_with(name)) {
            walk(&path, paths);
        }
    }
}

fn read(path: PathBuf) -> Source {
    let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
    let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    Source { path, text }
}
