//! Files of sessions: kept once, handed out whole, gone when they are to be gone.

mod cut;
mod keeping;
mod remote;
mod scanned;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use switchboard::clock::Clock;
use switchboard::domain::{OrganizationId, SessionId, SessionKey, State};
use switchboard::engine::Files;
use switchboard::engine::files::{Blobs, FileLimits, KeptFiles, Scanner, Upload, Uploader};
use switchboard::engine::privacy::kept::{Personal, Whose};
use switchboard::store::record::{self, Versioned};
use switchboard::store::{Batch, KeyRange, Kv, Store, StoreLimits, Write};

use crate::support::clock::HandClock;

pub(crate) const LIMITS: FileLimits = FileLimits {
    file_max_bytes: 3 * 1024 * 1024,
    session_max_bytes: 4 * 1024 * 1024,
    session_max_files: 50,
    unposted_ms: 24 * 60 * 60 * 1_000,
};

/// Sessions that have begun, for files to be brought to.
const BEGUN: [&str; 3] = ["a", "b", "first"];

/// A service over a store of its own.
struct Kept {
    files: Files,
    store: Store,
    clock: Arc<HandClock>,
}

fn over(kv: Arc<dyn Kv>) -> Kept {
    over_with(kv, None, None)
}

fn over_with(kv: Arc<dyn Kv>, s3: Option<Arc<dyn Blobs>>, scanner: Option<Scanner>) -> Kept {
    let (store, completions) = Store::over(Arc::clone(&kv), StoreLimits::default()).unwrap();
    tokio::spawn(completions.run());
    for name in BEGUN {
        let key = format!("session/default/{name}").into_bytes();
        let record = json!({ "n": 1, "v": 1, "r": State::unborn(session(name)) });
        if kv.get(&key).unwrap().is_none() {
            kv.apply(vec![Write::Put(key, record.to_string().into_bytes())]).unwrap();
        }
    }
    let clock = Arc::new(HandClock::at("2026-11-23T08:00:00Z"));
    let shared: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    let files = Files::new(store.clone(), shared, s3, scanner, LIMITS);
    Kept { files, store, clock }
}

impl Kept {
    /// Begins a session more.
    async fn begin(&self, key: SessionKey) {
        let mut batch = Batch::default();
        record::insert(&mut batch, &State::unborn(key)).unwrap();
        self.store.commit(batch).await.unwrap();
    }

    /// What an erasure does with a session's row, and with its files' rows in the same batch.
    async fn erase(&self, key: &SessionKey) {
        loop {
            let mut batch = Batch::default();
            let erased = KeptFiles.erase(&self.store, Whose::Session(key), &mut batch, 100).unwrap();
            if !erased.more {
                let row: Option<Versioned<State>> =
                    record::get(&self.store, &key.organization, key.session.as_str()).unwrap();
                record::remove(&mut batch, &row.unwrap());
            }
            self.store.commit(batch).await.unwrap();
            if !erased.more {
                return;
            }
        }
    }

    fn count(&self, space: &str) -> usize {
        self.store.count(KeyRange::prefix(format!("{space}/")), 100_000).unwrap()
    }
}

fn session(name: &str) -> SessionKey {
    SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse(name).unwrap() }
}

fn upload(name: &str, bytes: impl Into<Bytes>) -> Upload {
    Upload {
        id: None,
        name: Some(name.to_owned()),
        declared: None,
        bytes: bytes.into(),
        by: Uploader::Customer,
        vouched: true,
    }
}

/// Bytes that are different everywhere, and begin as pictures do.
fn picture(len: usize, seed: u64) -> Bytes {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = b"\xff\xd8\xff\xe0".to_vec();
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes.into()
}
