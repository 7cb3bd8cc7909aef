//! News of the desk on their way to the staff's connections: rendered by the first reader, shared by all.

use std::sync::OnceLock;

use bytes::Bytes;

use super::ITEM_BYTES;
use crate::domain::desk::DeskNews;

/// A session or a person in a list, in bytes.
const LISTED_BYTES: usize = 512;

/// See the module.
#[derive(Debug)]
pub struct News {
    /// What is new.
    pub what: DeskNews,
    frame: OnceLock<Option<Bytes>>,
}

impl News {
    /// News that nobody has rendered yet.
    pub const fn new(what: DeskNews) -> Self {
        Self { what, frame: OnceLock::new() }
    }

    /// What it counts for while it waits for a reader, in bytes: about what its frame takes.
    pub(super) const fn weight(&self) -> usize {
        match &self.what {
            DeskNews::Lists(lists) => ITEM_BYTES + LISTED_BYTES * (lists.sessions.len() + lists.agents.len()),
            DeskNews::Offer(_) => ITEM_BYTES + LISTED_BYTES,
            DeskNews::OfferEnded { .. } | DeskNews::Open(_) | DeskNews::Viewers { .. } => ITEM_BYTES,
        }
    }

    /// The frame for it; only the staff has one.
    pub fn frame(&self, render: impl FnOnce(&DeskNews) -> Option<Bytes>) -> Option<Bytes> {
        self.frame.get_or_init(|| render(&self.what)).clone()
    }
}
