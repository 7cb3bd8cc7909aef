//! Turns that a crash interrupted are answered without anybody touching their session: at the start the feed is read from
//! a durable cursor on, and every session there whose turn is open is woken.
//!
//! The cursor trails behind the feed by more time than a turn may take, so a session with an open turn always has an entry
//! between the cursor and the feed's end. It does not move before the wake-ups are through. All of it happens beside the
//! hot path, page by page; nothing waits for it.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::Directory;
use super::load::load;
use crate::domain::{Command, Policy, Refusal, SessionKey};
use crate::store::{Batch, Store, StoreError, feed};

/// The name of the feed's reader.
pub const READER: &str = "turns";

/// Feed entries that are looked at before other work gets its share of the disk again.
const PAGE_MAX_ENTRIES: usize = 256;

/// Sessions that are remembered as looked at; a session that is looked at twice costs a read and nothing else.
const SEEN_MAX_SESSIONS: usize = 100_000;

/// How often the cursor may move.
const CURSOR_EVERY: Duration = Duration::from_secs(2);

/// Time beyond a turn's deadlines in which its end becomes durable.
const GRACE: Duration = Duration::from_secs(10);

/// The pause before a session that had no room, or a store that did not read, is asked again.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Wakes what a crash interrupted, then moves the cursor along until `stopping` says so.
pub async fn run(store: Store, directory: Arc<Directory>, policy: Arc<Policy>, mut stopping: watch::Receiver<bool>) {
    let recovery = Recovery { store, directory, trail: Trail::new(&policy) };
    tokio::select! {
        () = recovery.run() => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

struct Recovery {
    store: Store,
    directory: Arc<Directory>,
    trail: Trail,
}

/// A page of what the feed tells.
struct Page {
    next: u64,
    open: Vec<SessionKey>,
    seen: HashSet<SessionKey>,
}

impl Recovery {
    async fn run(mut self) {
        let Some(mut cursor) = self.wake_all().await else { return };
        let mut ticks = interval(CURSOR_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let end = *self.store.feed_end().borrow();
            let Some(settled) = self.trail.sample(end).filter(|settled| *settled > cursor) else { continue };
            let mut batch = Batch::default();
            feed::set_cursor(&mut batch, READER, settled);
            match self.store.commit(batch).await {
                Ok(()) => cursor = settled,
                Err(error) => tracing::warn!(%error, "the turns' cursor could not be kept"),
            }
        }
    }

    /// Wakes every session between the cursor and the feed's end whose turn is open; gives the cursor, or nothing when the
    /// feed does not read.
    async fn wake_all(&self) -> Option<u64> {
        let store = self.store.clone();
        let cursor = blocking(move || feed::cursor(&store, READER)).await?;
        let end = *self.store.feed_end().borrow();
        let (mut position, mut seen, mut woken) = (cursor, HashSet::new(), 0_usize);
        while position < end {
            let page = self.page(position, std::mem::take(&mut seen)).await?;
            for key in &page.open {
                self.wake(key).await;
            }
            woken += page.open.len();
            (position, seen) = (page.next, page.seen);
        }
        if woken > 0 {
            tracing::info!(sessions = woken, "turns that were interrupted go on");
        }
        Some(cursor)
    }

    async fn page(&self, from: u64, seen: HashSet<SessionKey>) -> Option<Page> {
        let store = self.store.clone();
        blocking(move || page(&store, from, seen)).await
    }

    /// Lets a session look at its turn. A full engine is asked again; any other refusal the session has to live with.
    async fn wake(&self, key: &SessionKey) {
        while let Err(refusal) = self.directory.ask(key, Command::Tick).await {
            if refusal != Refusal::Busy {
                tracing::warn!(session = ?key, %refusal, "an interrupted turn could not be resumed");
                return;
            }
            sleep(RETRY_AFTER).await;
        }
    }
}

fn page(store: &Store, from: u64, mut seen: HashSet<SessionKey>) -> Result<Page, StoreError> {
    let entries = feed::read(store, from, PAGE_MAX_ENTRIES)?;
    let next = entries.last().map_or(u64::MAX, |(position, _)| position + 1);
    let mut open = Vec::new();
    for (_, entry) in entries {
        let key = SessionKey { organization: entry.organization, session: entry.session };
        if seen.len() >= SEEN_MAX_SESSIONS {
            seen.clear();
        }
        if seen.insert(key.clone()) && has_open_turn(store, &key) {
            open.push(key);
        }
    }
    Ok(Page { next, open, seen })
}

/// A session that does not read holds up no other.
fn has_open_turn(store: &Store, key: &SessionKey) -> bool {
    match load(store, key) {
        Ok(loaded) => loaded.state.turn.is_some(),
        Err(error) => {
            tracing::error!(session = ?key, %error, "session does not load");
            false
        }
    }
}

/// Reads off the hot path. What does not read is logged; recovery ends there and the cursor stays.
async fn blocking<T: Send + 'static>(read: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Option<T> {
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(value)) => Some(value),
        Ok(Err(error)) => {
            tracing::error!(%error, "interrupted turns can not be looked for");
            None
        }
        Err(_ended) => None,
    }
}

/// Where the feed ended at the last ticks: the oldest of them is the position before which every turn has ended.
#[derive(Debug)]
struct Trail {
    samples: VecDeque<u64>,
    length: usize,
}

impl Trail {
    /// A turn may take two deadlines when the clock goes back in the middle of it.
    fn new(policy: &Policy) -> Self {
        let longest = Duration::from_millis(policy.deadline_ms.saturating_mul(2)) + GRACE;
        let ticks = longest.as_secs().div_ceil(CURSOR_EVERY.as_secs()) + 1;
        Self { samples: VecDeque::new(), length: usize::try_from(ticks).unwrap_or(usize::MAX) }
    }

    /// Takes in where the feed ends now; gives where it ended long enough ago.
    fn sample(&mut self, end: u64) -> Option<u64> {
        self.samples.push_back(end);
        if self.samples.len() > self.length { self.samples.pop_front() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_trails_by_two_deadlines_and_the_grace() {
        let policy = Policy { deadline_ms: 5_000, ..Policy::default() };
        let mut trail = Trail::new(&policy);
        let settled: Vec<Option<u64>> = (0..14).map(|tick| trail.sample(tick)).collect();
        assert_eq!(settled.iter().filter(|settled| settled.is_none()).count(), 11);
        assert_eq!(settled[11..], [Some(0), Some(1), Some(2)]);
    }
}
