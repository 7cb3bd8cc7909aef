//! What a browser fetches before the console shows its first page, gzipped: the page, its scripts and styles, and those of the
//! inbox, where everybody lands. The same count as `npm run size` in `web`, which says which files they are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::Failure;
use crate::measured::Measured;

/// Where `make web` builds it.
const BUILT: &str = "web/dist/console";
/// Whose files a first load needs.
const PARTS: [&str; 2] = ["index.html", "src/pages/inbox/index.tsx"];

pub(crate) fn weigh() -> Result<Measured, Failure> {
    let built = Path::new(BUILT);
    let manifest = fs::read(built.join(".vite/manifest.json")).map_err(|_| "the console is not built: make web")?;
    let manifest: Value = serde_json::from_slice(&manifest)?;
    let mut files = BTreeSet::from(["index.html".to_owned()]);
    PARTS.iter().for_each(|part| take(&manifest, part, &mut files));
    let mut bytes = 0;
    for file in &files {
        let gzipped = Command::new("gzip").args(["-9", "-c"]).arg(built.join(file)).output()?;
        if !gzipped.status.success() {
            return Err(format!("{file}: {}", String::from_utf8_lossy(&gzipped.stderr)).into());
        }
        bytes += gzipped.stdout.len();
    }
    let kib = bytes as f64 / 1024.0;
    let mut measured = Measured::new(&format!("the console's first load: {} files, {kib:.1} KiB gzipped", files.len()));
    measured.download_kib = Some(kib);
    Ok(measured)
}

fn take(manifest: &Value, part: &str, files: &mut BTreeSet<String>) {
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
    };
    let chunk = &manifest[part];
    let Some(file) = chunk["file"].as_str() else { return };
    if files.insert(file.to_owned()) {
        files.extend(texts(&chunk["css"]));
        texts(&chunk["imports"]).iter().for_each(|next| take(manifest, next, files));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_imports_is_fetched_with_it_once() {
        let manifest = serde_json::json!({
            "a": { "file": "a.js", "css": ["a.css"], "imports": ["b"] },
            "b": { "file": "b.js", "imports": ["a"] },
            "c": { "file": "c.js" },
        });
        let mut files = BTreeSet::new();
        take(&manifest, "a", &mut files);
        assert_eq!(files.into_iter().collect::<Vec<_>>(), ["a.css", "a.js", "b.js"]);
    }
}
