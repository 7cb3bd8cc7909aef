//! News of the desk on their way to the staff's connections: rendered by the first reader, shared by all.

use std::sync::OnceLock;

use bytes::Bytes;

use crate::domain::desk::DeskNews;

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

    /// The frame for it; only the staff has one.
    pub fn frame(&self, render: impl FnOnce(&DeskNews) -> Option<Bytes>) -> Option<Bytes> {
        self.frame.get_or_init(|| render(&self.what)).clone()
    }
}
