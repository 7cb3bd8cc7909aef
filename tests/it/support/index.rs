//! What the indexes in a folder hold, read from their files.

use std::path::{Path, PathBuf};

fn inside(path: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// The folders of the indexes of all organizations, the oldest first.
pub(crate) fn generations(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = inside(folder).flat_map(|home| inside(&home)).collect();
    found.sort();
    found
}

/// The stems in the dictionaries on disk, which are packed so that no file holds them as they are.
pub(crate) fn stems(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for folder in generations(folder) {
        let index = tantivy::Index::open_in_dir(folder).unwrap();
        let words = index.schema().get_field("words").unwrap();
        for segment in index.reader().unwrap().searcher().segment_readers() {
            let inverted = segment.inverted_index(words).unwrap();
            let mut stream = inverted.terms().stream().unwrap();
            while stream.advance() {
                found.push(String::from_utf8(stream.key().to_vec()).unwrap());
            }
        }
    }
    found
}
