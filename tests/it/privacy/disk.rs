//! After an erasure no file of the store holds a byte of the customer, on either backend.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use switchboard::app::World;
use switchboard::config::Config;
use switchboard::store::{Direction, KeyRange, Store, StoreLimits, StoreUrl};

use super::unpacked::unpacked;
use super::{PLANTED, compacted, console, erase, plant, say};
use crate::support::app::TestApp;
use crate::support::index::stems;
use reqwest::Method;
use serde_json::json;

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What stays of the word when its ending is cut off, as whoever compares questions does.
const STEM: &str = "zqplant";

/// The word's stem, which the word begins with, and what stays of the word in base64, wherever it begins there.
fn needles() -> Vec<Vec<u8>> {
    let mut needles = vec![STEM.as_bytes().to_vec()];
    for offset in 0..3_usize {
        for word in [PLANTED.to_owned(), PLANTED.to_uppercase(), "Zqplanted".to_owned()] {
            let text = STANDARD.encode([vec![b' '; offset], word.into_bytes()].concat());
            let (from, to) = ((offset * 8).div_ceil(6), (offset + PLANTED.len()) * 8 / 6);
            needles.push(text.as_bytes()[from..to].to_vec());
        }
    }
    needles
}

/// The files that hold what was planted, in whatever case.
fn holding(folder: &Path) -> BTreeSet<PathBuf> {
    let needles = needles();
    let holds = |path: &PathBuf| {
        let bytes = unpacked(std::fs::read(path).unwrap());
        let found = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        // Journals are mostly zeros, which no text holds.
        bytes.split(|byte| *byte == 0).filter(|part| part.len() >= STEM.len()).any(|part| {
            let small = part.to_ascii_lowercase();
            found(&small, &needles[0]) || needles[1..].iter().any(|needle| found(part, needle))
        })
    };
    files(folder).into_iter().filter(holds).collect()
}

/// Keys and values that hold it, as the store reads them: whatever way a backend packs them.
fn readable(store: &Store) -> Vec<String> {
    let pairs = store.scan(KeyRange::all(), usize::MAX, Direction::Forward).unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase();
    let found = pairs.iter().filter(|(key, value)| text(key).contains(STEM) || text(value).contains(STEM));
    found.map(|(key, _)| key.escape_ascii().to_string()).collect()
}

async fn nothing_stays(open: impl Fn(PathBuf) -> StoreUrl) {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("db");
    let store = Store::open(&open(folder.clone()), StoreLimits::default()).unwrap();
    let index = data.path().join("index");
    let with_index = |config: &mut Config| config.knowledge.index_path = index.to_str().unwrap().to_owned();
    let app = TestApp::start_in_world(with_index, World { store: Some(store), ..World::default() }).await;
    let customer = plant(&app).await;
    let indexed = || stems(&index).iter().any(|stem| stem.starts_with(STEM));
    assert!(indexed(), "a way to ask an answered question is in the index by its stems");
    let kim = json!({ "userId": "kim", "sessionId": "kim-1", "message": { "text": "I stay" } });
    say(&app, &kim).await;
    let before: BTreeSet<PathBuf> = files(&folder).into_iter().collect();
    assert!(!holding(&folder).is_empty() && readable(app.store()).len() > 20, "it is found where it is");

    let done = compacted(&app, &erase(&app, &customer).await).await;
    assert_eq!(readable(app.store()), Vec::<String>::new());
    assert_eq!(holding(&folder), BTreeSet::new());
    assert!(!stems(&index).is_empty() && !indexed(), "the answer stays, by its own words");
    // Whatever way a backend packs its bytes: these are other files than before, and nothing was ever written to them than
    // what the store reads.
    let after: BTreeSet<PathBuf> = files(&folder).into_iter().collect();
    assert_eq!(before.intersection(&after).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
    assert_eq!(done["counts"]["sessions"], 5, "{done}");
    assert!(done["compacted_at"].is_string() && !done.to_string().to_lowercase().contains(STEM));
    assert_eq!(console(&app, Method::GET, "/sessions/kim-1", None).await.status, 403, "a key is nobody of the staff");
    assert!(super::events(&app, "kim-1").await.is_some_and(|events| events > 0));
    app.stop().await;
    assert_eq!(holding(&folder), BTreeSet::new(), "nor does the stop write any of it");
}

/// A file without the zeros behind it.
fn raw(path: &PathBuf) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)].to_vec()
}

#[test]
fn what_fjall_pressed_is_looked_through_too() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&StoreUrl::Fjall(folder.path().join("db")), StoreLimits::default()).unwrap();
    let mut batch = switchboard::store::Batch::default();
    // Long enough to be pressed, and such that this leaves the word nowhere whole.
    let value = format!("\"{} zqplanted, and many other words behind it\"", "zqplan lanted ".repeat(1_000));
    batch.put(b"k".to_vec(), value.into_bytes());
    tokio::runtime::Runtime::new().unwrap().block_on(store.commit(batch)).unwrap();
    store.close();
    let whole = |path: &PathBuf| raw(path).windows(9).any(|window| window == PLANTED.as_bytes());
    assert!(!files(folder.path()).iter().any(whole), "the test would prove nothing");
    assert!(!holding(folder.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_of_fjall_holds_what_was_erased() {
    nothing_stays(StoreUrl::Fjall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_of_sled_holds_what_was_erased() {
    nothing_stays(StoreUrl::Sled).await;
}
