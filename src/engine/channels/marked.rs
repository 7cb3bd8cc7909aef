//! On whom there are marks, in memory, so that nobody is looked up in the store who never left.
//!
//! A store belongs to one process, in it only [`OptOuts`](super::OptOuts) writes marks, and nothing takes one away, no erasure either. So what was
//! there at the start and what was noted since, each before it was kept, is at least all that there is.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use super::OptOut;
use crate::store::{Direction, Store, StoreError, record};

/// The most marks that are held, about 12 MiB. Where there are more, everybody is looked up.
const HELD_MAX: usize = 100_000;

/// Marks that are read at once.
const PAGE: usize = 1_000;

/// See the module. Nothing where not all are held.
pub(super) struct Marked(RwLock<Option<HashSet<String>>>);

impl Marked {
    /// Those of a store. Where they do not read everybody is looked up, and only who can not be read is not served.
    pub(super) fn of(store: &Store) -> Self {
        let held = held(store).unwrap_or_else(|error| {
            tracing::error!(%error, "who wants no messages can not be read, and is looked up for each message");
            None
        });
        Self(RwLock::new(held))
    }

    /// Whether anybody may be marked.
    pub(super) fn any(&self) -> bool {
        self.asked(|held| !held.is_empty())
    }

    /// Whether somebody may be.
    pub(super) fn may_hold(&self, mark: &str) -> bool {
        self.asked(|held| held.contains(mark))
    }

    /// A mark that is about to be kept.
    pub(super) fn note(&self, mark: &str) {
        if self.may_hold(mark) {
            return;
        }
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(marks) = held.as_mut() {
            marks.insert(mark.to_owned());
        }
        held.take_if(|marks| marks.len() > HELD_MAX);
    }

    fn asked(&self, is_so: impl FnOnce(&HashSet<String>) -> bool) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().is_none_or(is_so)
    }
}

fn held(store: &Store) -> Result<Option<HashSet<String>>, StoreError> {
    let mut marks = HashSet::new();
    for organization in record::organizations::<OptOut>(store)? {
        let mut after = None;
        loop {
            let page = record::all::<OptOut>(store, &organization, after.as_ref(), PAGE, Direction::Forward)?;
            marks.extend(page.items.into_iter().map(|found| found.record.mark));
            if marks.len() > HELD_MAX {
                return Ok(None);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(Some(marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_what_is_held_everybody_may_be_marked() {
        let marked = Marked(RwLock::new(Some(HashSet::new())));
        assert!(!marked.any() && !marked.may_hold("m0"));
        for number in 0..HELD_MAX {
            marked.note(&format!("m{number}"));
        }
        marked.note("m0");
        assert!(marked.any() && marked.may_hold("m0") && !marked.may_hold("other"));
        marked.note("one too many");
        assert!(marked.may_hold("other") && marked.may_hold("m0"));
    }
}
