//! Forgets requests that are too old to count, a batch of them at a time. Reading and parsing are done beside the
//! runtime's threads; an entry that does not read is counted and left, and holds up no other.

use tokio::task::spawn_blocking;

use super::super::{TRIES_MAX, committed, unreadable};
use super::{PREFIX, parse};
use crate::domain::{Refusal, Timestamp};
use crate::store::{Batch, Direction, KeyRange, Store, StoreError};

/// The most entries that are read at once, and forgotten with one batch.
pub const SWEEP_BATCH_MAX_ENTRIES: usize = 512;

/// What a sweep came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Entries that are gone.
    pub forgotten: usize,
    /// Entries that do not read, and are still there.
    pub unreadable: usize,
}

/// Some entries, in the order of their keys.
struct Page {
    /// Those that are too old to count, with their versions.
    over: Vec<(Vec<u8>, u64)>,
    unreadable: usize,
    /// Why the first of the unreadable ones does not read.
    why: Option<StoreError>,
    /// What comes after them; none after the last one.
    rest: Option<KeyRange>,
}

/// Forgets the requests that are too old to count; belongs on a timer.
///
/// # Errors
/// `Unavailable` when the store can not be read or written, `Busy` when it has no room; what was forgotten stays so.
pub async fn sweep(store: &Store, now: Timestamp) -> Result<Swept, Refusal> {
    let (mut swept, mut why) = (Swept::default(), None);
    let mut rest = Some(KeyRange::prefix(PREFIX));
    while let Some(range) = rest {
        let page = sweep_page(store, range, now).await?;
        swept.forgotten += page.over.len();
        swept.unreadable += page.unreadable;
        why = why.or(page.why);
        rest = page.rest;
    }
    if let Some(why) = why {
        tracing::error!(count = swept.unreadable, %why, "requests do not read and are kept");
    }
    Ok(swept)
}

/// Forgets what a page has to forget; an entry that is used again meanwhile has the page read anew.
async fn sweep_page(store: &Store, range: KeyRange, now: Timestamp) -> Result<Page, Refusal> {
    let mut page = read_aside(store, range.clone(), now).await?;
    for _ in 0..TRIES_MAX {
        match forget(store, &page.over).await {
            Ok(()) => return Ok(page),
            Err(Refusal::Conflict { .. }) => page = read_aside(store, range.clone(), now).await?,
            Err(why) => return Err(why),
        }
    }
    page.over.clear();
    Ok(page)
}

async fn forget(store: &Store, over: &[(Vec<u8>, u64)]) -> Result<(), Refusal> {
    if over.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::default();
    for (key, version) in over {
        batch.delete_at(key.clone(), *version);
    }
    committed(store.commit(batch).await)
}

async fn read_aside(store: &Store, range: KeyRange, now: Timestamp) -> Result<Page, Refusal> {
    let store = store.clone();
    let read = spawn_blocking(move || read(&store, range, now)).await;
    read.map_err(|_ended| Refusal::Unavailable { part: "store" })?.map_err(unreadable)
}

fn read(store: &Store, range: KeyRange, now: Timestamp) -> Result<Page, StoreError> {
    let pairs = store.scan(range.clone(), SWEEP_BATCH_MAX_ENTRIES, Direction::Forward)?;
    let last = pairs.last().filter(|_| pairs.len() == SWEEP_BATCH_MAX_ENTRIES).map(|(key, _)| key.clone());
    let rest = last.map(|last| range.beyond(last, Direction::Forward));
    let mut page = Page { over: Vec::new(), unreadable: 0, why: None, rest };
    for (key, value) in pairs {
        match parse(&key, &value) {
            Ok(stored) if stored.is_over(now) => page.over.push((key, stored.n)),
            Ok(_) => {}
            Err(why) => {
                page.unreadable += 1;
                page.why.get_or_insert(why);
            }
        }
    }
    Ok(page)
}
