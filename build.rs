//! Puts what `make web` left in `web/dist` into the program: each file with its gzipped form and a hash of what it holds.
//! Without those files the program builds all the same; `src/http/web` then says what is missing.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// A folder that is always there: a path that is missing would make Cargo build the program anew each time.
const DIST: &str = "web/dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DIST}");
    let root = folder("CARGO_MANIFEST_DIR")?.join(DIST);
    let out = folder("OUT_DIR")?;
    let mut files = Vec::new();
    walk(&root, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for (number, file) in files.iter().enumerate() {
        let zipped = out.join(format!("asset-{number}.gz"));
        table.push_str(&row(&root, file, &zipped)?);
    }
    table.push_str("]\n");
    fs::write(out.join("assets.rs"), table)
}

fn folder(variable: &str) -> io::Result<PathBuf> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| io::Error::other(format!("{variable} is not set")))
}

/// All files below a folder, without hidden ones, and without source maps, which are for those who have the source.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || name.ends_with(".map") {
            continue;
        }
        if path.is_dir() { walk(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

/// One `Asset` of the table. A gzipped form that is hardly smaller is left out.
fn row(root: &Path, file: &Path, zipped: &Path) -> io::Result<String> {
    let bytes = fs::read(file)?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&bytes)?;
    let small = encoder.finish()?;
    let gzip = if small.len() < bytes.len() / 10 * 9 {
        fs::write(zipped, small)?;
        format!("Some(include_bytes!({zipped:?}))")
    } else {
        "None".to_owned()
    };
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    let hash = hasher.finish();
    let name = file.strip_prefix(root).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
    Ok(format!(
        "    Asset {{ path: {name:?}, bytes: include_bytes!({file:?}), gzip: {gzip}, hash: \"{hash:016x}\" }},\n"
    ))
}
