//! Shows a customer that what they wrote was read and that somebody types. It is a courtesy: beside everything else, not tried again, and
//! left out where many are under way.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::graph::Graph;
use crate::channels::whatsapp::outgoing::{Typing as Shows, mark_read};
use crate::channels::whatsapp::{NumberId, Wamid};

/// How many are under way at once, at most.
const SHOWN_AT_ONCE: usize = 32;

/// See the module.
pub(super) struct Typing {
    graph: Graph,
    room: Arc<Semaphore>,
}

impl Typing {
    pub(super) fn new(graph: Graph) -> Self {
        Self { graph, room: Arc::new(Semaphore::new(SHOWN_AT_ONCE)) }
    }

    /// Marks a message, and all before it, as read, and shows that somebody types: until the answer, or for 25 s.
    pub(super) fn begins(self: &Arc<Self>, number: &NumberId, message: &Wamid) {
        let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else { return };
        let (this, number, body) = (Arc::clone(self), number.clone(), mark_read(message, Shows::Shown));
        tokio::spawn(async move {
            if let Err(failure) = this.graph.messages(&number, &body).await {
                tracing::debug!(?failure, "that somebody types is not shown");
            }
            drop(permit);
        });
    }
}
