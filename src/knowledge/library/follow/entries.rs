//! Entries and their vectors: made, or, where making them costs, taken from what was kept.

use std::sync::atomic::Ordering;

use super::{FollowError, Follower};
use crate::domain::knowledge::{Entry, EntryKey};
use crate::knowledge::embed::EmbedError;
use crate::knowledge::quantise::Small;
use crate::store::knowledge::{self, Kept};
use crate::store::record::Versioned;
use crate::store::{Batch, vectors};

impl Follower<'_> {
    /// The entries that are still there of these.
    pub(super) fn entries(&self, keys: &[EntryKey]) -> Result<Vec<Versioned<Kept>>, FollowError> {
        let mut entries = Vec::with_capacity(keys.len());
        for key in keys {
            entries.extend(knowledge::entry(&self.inner.store, self.organization(), *key)?);
        }
        Ok(entries)
    }

    /// Makes the vectors of entries and keeps them, so that nobody waits for them who has the right to write.
    pub(super) fn prepare(&self, entries: &[Versioned<Kept>]) -> Result<(), FollowError> {
        if self.inner.closed.load(Ordering::Relaxed) {
            return Err(FollowError::Closed);
        }
        self.vectors(entries).map(drop)
    }

    /// A vector for each entry.
    pub(super) fn vectors(&self, entries: &[Versioned<Kept>]) -> Result<Vec<Small>, FollowError> {
        let embedder = &self.inner.embedder;
        if !embedder.costs() {
            let texts: Vec<String> = entries.iter().map(|kept| text(&kept.record.entry)).collect();
            return Ok(self.embed(&texts)?);
        }
        let id = embedder.id();
        let mut found = Vec::with_capacity(entries.len());
        for kept in entries {
            let bytes = vectors::kept(&self.inner.store, kept, &id)?;
            found.push(bytes.and_then(|bytes| Small::parse(&bytes, embedder.dimensions())));
        }
        let missing: Vec<&Versioned<Kept>> =
            entries.iter().zip(&found).filter(|(_, vector)| vector.is_none()).map(|(kept, _)| kept).collect();
        let texts: Vec<String> = missing.iter().map(|kept| text(&kept.record.entry)).collect();
        let made = self.embed(&texts)?;
        for (kept, vector) in missing.into_iter().zip(&made) {
            self.keep(kept, &id, vector)?;
        }
        let mut made = made.into_iter();
        Ok(found.into_iter().filter_map(|vector| vector.or_else(|| made.next())).collect())
    }

    fn embed(&self, texts: &[String]) -> Result<Vec<Small>, EmbedError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let embedder = &self.inner.embedder;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let made = self.runtime.block_on(self.inner.embed(self.organization(), &texts))?;
        if made.len() != texts.len() || made.iter().any(|vector| vector.len() != embedder.dimensions()) {
            return Err(EmbedError("it gave other vectors than it was asked for".to_owned()));
        }
        Ok(made.iter().map(|vector| Small::of(vector)).collect())
    }

    /// Keeps a vector that cost something. Whatever stands against it, the index has it.
    fn keep(&self, kept: &Versioned<Kept>, embedder: &str, vector: &Small) -> Result<(), FollowError> {
        let mut batch = Batch::default();
        vectors::keep(&mut batch, kept, embedder, &vector.to_bytes())?;
        if let Err(why) = self.runtime.block_on(self.inner.store.commit(batch)) {
            tracing::debug!(%why, "a vector is not kept: its entry is another one, or the store is busy");
        }
        Ok(())
    }
}

/// What a vector is made of: all that an entry says.
fn text(entry: &Entry) -> String {
    let mut text = entry.title.clone();
    for part in entry.questions.iter().filter(|question| **question != entry.title).chain([&entry.text]) {
        text.push('\n');
        text.push_str(part);
    }
    text
}
