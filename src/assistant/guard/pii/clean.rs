//! Texts in which nothing was found: the lines of a conversation come with each of its turns, and are not searched each time.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Span;

/// How many texts are known, of 8 bytes each (32 KiB): those of some hundred conversations. Of two that would have the same place the newer has it.
const PLACES: usize = 4_096;

/// See the module. A keyed hash of each text is kept, and no text.
pub(super) struct Clean {
    hasher: RandomState,
    places: Box<[AtomicU64]>,
}

impl Clean {
    pub(super) fn new() -> Self {
        Self { hasher: RandomState::new(), places: (0..PLACES).map(|_| AtomicU64::new(0)).collect() }
    }

    /// What is found in a text by this search, which is not made where it found nothing before.
    pub(super) fn searched(&self, text: &str, search: impl FnOnce(&str) -> Vec<Span>) -> Vec<Span> {
        // Never that of a place that is empty.
        let sign = self.hasher.hash_one(text) | 1;
        let place = usize::try_from(sign >> 1).unwrap_or(usize::MAX) % PLACES;
        let Some(known) = self.places.get(place) else { return search(text) };
        if known.load(Ordering::Relaxed) == sign {
            return Vec::new();
        }
        let found = search(text);
        if found.is_empty() {
            known.store(sign, Ordering::Relaxed);
        }
        found
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clean").finish_non_exhaustive()
    }
}
