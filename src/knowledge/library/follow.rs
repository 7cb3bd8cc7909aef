//! Catching up: opens an organization's index or makes it anew, then follows the journal to its end.
//!
//! All of it is on a thread that may block. One at a time writes an index; whoever waited finds it done. Vectors that cost something
//! are made and kept before it is an index's turn to be written: whoever waits for a slow server holds up nobody else.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::Inner;
use super::slot::{Slot, Writer};
use crate::domain::knowledge::EntryKey;
use crate::domain::{OrganizationId, Refusal};
use crate::knowledge::embed::EmbedError;
use crate::knowledge::index::{IndexError, Label, Ready, Shelf, Writing};
use crate::store::StoreError;
use crate::store::index::Cursor;
use crate::store::knowledge::{self, Change, Kept};
use crate::store::record::Versioned;

mod entries;
mod folders;

/// The most changes that are taken into an index at once.
const CHANGES_AT_ONCE: usize = 64;

/// The most entries whose vectors are in memory at the same time.
const ENTRIES_AT_ONCE: usize = 128;

/// Where vectors cost something, a new index is written in portions of so many entries: their vectors are made before.
const PORTION_ENTRIES: usize = FIRST_ENTRIES;

/// After so many entries, a new index is one that can be asked, though it is not complete.
const FIRST_ENTRIES: usize = 5_000;

/// Why an index could not catch up; for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum FollowError {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Embedder(#[from] EmbedError),
    #[error("the library was closed; the rest is done after the next start")]
    Closed,
    #[error("the task ended: {0}")]
    Task(String),
}

/// What a thread that catches up works with.
struct Follower<'a> {
    inner: &'a Inner,
    slot: &'a Slot,
    runtime: Handle,
}

/// Catches up with everything that was committed before.
///
/// # Errors
/// `Unavailable`; the log says why.
pub(super) async fn run(inner: Arc<Inner>, slot: Arc<Slot>) -> Result<(), Refusal> {
    let mut outcome = once(&inner, &slot).await;
    if let Err(why) = &outcome
        && matches!(why, FollowError::Index(_) | FollowError::Task(_))
    {
        tracing::warn!(organization = %slot.organization(), %why, "an index can not be followed on and is made anew");
        slot.distrust();
        outcome = once(&inner, &slot).await;
    }
    slot.ended(outcome.is_ok());
    outcome.map_err(|why| {
        tracing::error!(organization = %slot.organization(), %why, "an index is not up to date");
        Refusal::Unavailable { part: "knowledge" }
    })
}

async fn once(inner: &Arc<Inner>, slot: &Arc<Slot>) -> Result<(), FollowError> {
    let writer = slot.writer().await;
    // The permit is never refused: nobody closes the semaphore.
    let permit = Arc::clone(&inner.following).acquire_owned().await.ok();
    let (runtime, inner, slot) = (Handle::current(), Arc::clone(inner), Arc::clone(slot));
    let followed = tokio::task::spawn_blocking(move || follow(&inner, &slot, runtime, writer, permit));
    followed.await.unwrap_or_else(|panic| Err(FollowError::Task(panic.to_string())))
}

/// Writes an index anew without what is gone.
///
/// # Errors
/// `Unavailable`; the log says why.
pub(super) async fn purge(inner: &Arc<Inner>, slot: &Arc<Slot>) -> Result<(), Refusal> {
    let writer = slot.writer().await;
    let permit = Arc::clone(&inner.writing).acquire_owned().await;
    let Some(shelf) = writer.clone() else { return Ok(()) };
    let (inner, at, purged) = (Arc::clone(inner), Arc::clone(slot), Arc::clone(&shelf));
    let work = move || {
        purged.purge(inner.settings.writer_bytes)?;
        at.publish(purged.snapshot()?);
        Ok::<_, IndexError>((writer, inner))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (writer, inner) = done.map_err(|panic| failed(slot, &panic))?.map_err(|why| failed(slot, &why))?;
    // Whoever searches holds the old segments until they are done.
    let all = u32::try_from(inner.settings.searches_max.max(1)).unwrap_or(u32::MAX);
    let _nobody_searches = inner.searching.acquire_many(all).await;
    let swept = tokio::task::spawn_blocking(move || (shelf.sweep(), drop((writer, permit)))).await;
    swept.map_err(|panic| failed(slot, &panic))?.0.map_err(|why| failed(slot, &why))
}

fn failed(slot: &Slot, why: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(organization = %slot.organization(), %why, "an index is not rid of what is gone");
    Refusal::Unavailable { part: "knowledge" }
}

fn follow(
    inner: &Inner,
    slot: &Slot,
    runtime: Handle,
    mut writer: Writer,
    permit: Option<OwnedSemaphorePermit>,
) -> Result<(), FollowError> {
    let follower = Follower { inner, slot, runtime };
    let shelf = match writer.take().filter(|_| slot.is_trusted()) {
        Some(shelf) => shelf,
        None => follower.open()?,
    };
    let followed = follower.follow(Arc::clone(&shelf));
    *writer = match &followed {
        Ok(newest) => Some(Arc::clone(newest)),
        Err(FollowError::Index(_) | FollowError::Task(_)) => None,
        // What is in the index is right all the same, and need not be read and checked again.
        Err(FollowError::Store(_) | FollowError::Embedder(_) | FollowError::Closed) => Some(shelf),
    };
    drop(permit);
    followed.map(drop)
}

impl Follower<'_> {
    fn organization(&self) -> &OrganizationId {
        self.slot.organization()
    }

    /// What an index must be of to be followed on.
    fn label(&self) -> Label {
        let embedder = &self.inner.embedder;
        Label::empty(self.organization(), embedder.id(), embedder.dimensions())
    }

    /// The index on disk, or else a new one.
    fn open(&self) -> Result<Arc<Shelf>, FollowError> {
        let distrusted = self.slot.take_distrust();
        let found = if distrusted { None } else { self.newest() };
        let Some(shelf) = found else { return self.rebuild() };
        self.note_gone(&shelf)?;
        let label = shelf.label();
        let is_ours = self.is_of_this_journal(&label)?;
        // Even an older one answers while a new one is made; but not one that would pass for the newest.
        if is_ours || label.version < knowledge::version(&self.inner.store, self.organization())? {
            self.slot.publish(shelf.snapshot()?);
        }
        if is_ours && label.is_like(&self.label()) { Ok(shelf) } else { self.rebuild() }
    }

    /// Has the index purged soon if it still holds something that is gone.
    fn note_gone(&self, shelf: &Shelf) -> Result<(), IndexError> {
        if shelf.holds_gone()? {
            self.inner.unclean().insert(self.organization().clone());
        }
        Ok(())
    }

    /// Whether the journal has led to what an index holds: not so if another store was put in the place of its own.
    fn is_of_this_journal(&self, label: &Label) -> Result<bool, StoreError> {
        let row = knowledge::change(&self.inner.store, self.organization(), label.version)?;
        Ok(row.is_some_and(|row| row.mark == label.mark))
    }

    /// Takes in what the journal has since, to its end.
    fn follow(&self, shelf: Arc<Shelf>) -> Result<Arc<Shelf>, FollowError> {
        let mut shelf = shelf;
        loop {
            let at = shelf.label().version;
            let rows = knowledge::changes(&self.inner.store, self.organization(), at, CHANGES_AT_ONCE)?;
            let Some(first) = rows.first() else {
                if knowledge::version(&self.inner.store, self.organization())? > at {
                    shelf = self.rebuild()?;
                    continue;
                }
                return Ok(shelf);
            };
            if first.version == at + 1 {
                self.take_in(&shelf, &rows)?;
            } else {
                shelf = self.rebuild()?;
            }
        }
    }

    fn take_in(&self, shelf: &Shelf, rows: &[Change]) -> Result<(), FollowError> {
        let Some(last) = rows.last() else { return Ok(()) };
        let mut put: Vec<EntryKey> = rows.iter().flat_map(|row| row.put.iter().copied()).collect();
        let mut gone: Vec<EntryKey> = rows.iter().flat_map(|row| row.gone.iter().copied()).collect();
        put.sort_unstable();
        put.dedup();
        gone.sort_unstable();
        gone.dedup();
        if self.inner.embedder.costs() {
            for keys in put.chunks(ENTRIES_AT_ONCE) {
                self.prepare(&self.entries(keys)?)?;
            }
        }
        let _turn = self.turn()?;
        let mut writing = shelf.write(self.inner.settings.writer_bytes)?;
        // What was put and then taken away is not in the store any more; what was taken away and then put is in both lists.
        gone.iter().for_each(|key| writing.remove(*key));
        for keys in put.chunks(ENTRIES_AT_ONCE) {
            self.put(&mut writing, &self.entries(keys)?)?;
        }
        writing.commit(last.version, last.mark)?;
        self.note_gone(shelf)?;
        self.slot.publish(shelf.snapshot()?);
        self.settle(shelf, writing)
    }

    /// Makes a new index of what the store holds, and lets it take the place of the old one, which answers meanwhile.
    fn rebuild(&self) -> Result<Arc<Shelf>, FollowError> {
        let folder = self.new_folder();
        let rebuilt = self.rebuild_in(folder.as_deref());
        if rebuilt.is_err() {
            // It is tried again and again, each time in another folder.
            self.remove_folder(folder.as_deref());
        }
        rebuilt
    }

    fn rebuild_in(&self, folder: Option<&Path>) -> Result<Arc<Shelf>, FollowError> {
        let store = &self.inner.store;
        let version = knowledge::version(store, self.organization())?;
        let mark = knowledge::change(store, self.organization(), version)?.map(|row| row.mark).unwrap_or_default();
        let shelf = Arc::new(Shelf::create(folder, self.label())?);
        let (mut after, mut taken) = (None, 0);
        let (_turn, mut writing) = loop {
            self.prepare_portion(after.as_ref())?;
            let turn = self.turn()?;
            let mut writing = shelf.write(self.inner.settings.writer_bytes)?;
            after = self.put_portion(&shelf, &mut writing, after, &mut taken)?;
            if after.is_none() {
                break (turn, writing);
            }
            writing.commit(0, uuid::Uuid::nil())?;
            writing.finish()?;
        };
        writing.commit(version, mark)?;
        self.remove_folders_but(folder);
        self.slot.publish(shelf.snapshot()?);
        self.settle(&shelf, writing)?;
        tracing::info!(organization = %self.organization(), entries = taken, version, "an index was made anew");
        Ok(shelf)
    }

    /// Makes the vectors of the next portion, where they cost something.
    fn prepare_portion(&self, after: Option<&Cursor>) -> Result<(), FollowError> {
        let (mut after, mut prepared) = (after.cloned(), 0);
        while self.inner.embedder.costs() && prepared < PORTION_ENTRIES {
            let page = knowledge::entries(&self.inner.store, self.organization(), after.as_ref(), ENTRIES_AT_ONCE)?;
            self.prepare(&page.items)?;
            prepared += page.items.len();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Puts the next portion, which is all that there is where vectors cost nothing; says where the one after it begins.
    fn put_portion(
        &self,
        shelf: &Shelf,
        writing: &mut Writing<'_>,
        after: Option<Cursor>,
        taken: &mut usize,
    ) -> Result<Option<Cursor>, FollowError> {
        let (mut after, before) = (after, *taken);
        loop {
            let page = knowledge::entries(&self.inner.store, self.organization(), after.as_ref(), ENTRIES_AT_ONCE)?;
            self.put(writing, &page.items)?;
            *taken += page.items.len();
            if self.slot.snapshot().is_none() && *taken >= FIRST_ENTRIES {
                writing.commit(0, uuid::Uuid::nil())?;
                self.slot.publish(shelf.snapshot()?);
            }
            after = page.next;
            if after.is_none() || (self.inner.embedder.costs() && *taken - before >= PORTION_ENTRIES) {
                return Ok(after);
            }
        }
    }

    /// The right to write, once it is this one's turn.
    fn turn(&self) -> Result<Option<OwnedSemaphorePermit>, FollowError> {
        let turn = self.runtime.block_on(Arc::clone(&self.inner.writing).acquire_owned()).ok();
        if self.inner.closed.load(Ordering::Relaxed) { Err(FollowError::Closed) } else { Ok(turn) }
    }

    /// Ends a change: segments are merged, and the files of those that were are taken away.
    fn settle(&self, shelf: &Shelf, writing: Writing<'_>) -> Result<(), FollowError> {
        writing.finish()?;
        self.slot.publish(shelf.snapshot()?);
        Ok(shelf.sweep()?)
    }

    fn put(&self, writing: &mut Writing<'_>, entries: &[Versioned<Kept>]) -> Result<(), FollowError> {
        for entries in entries.chunks(ENTRIES_AT_ONCE) {
            if self.inner.closed.load(Ordering::Relaxed) {
                return Err(FollowError::Closed);
            }
            let vectors = self.vectors(entries)?;
            for (kept, vector) in entries.iter().zip(&vectors) {
                writing.put(&Ready { entry: &kept.record.entry, vector })?;
            }
        }
        Ok(())
    }
}
