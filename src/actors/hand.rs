//! What a session's actor has taken out of its cell and not decided yet. The cell is locked only to move requests in and
//! out; the rules run on the hand. A hand that is let go of, by a panic too, puts its requests back in their order.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cell::{Cell, Envelope};

/// See the module. Never empty until it is decided.
#[derive(Debug)]
pub(super) struct Hand {
    cell: Arc<Cell>,
    envelopes: VecDeque<Envelope>,
}

impl Hand {
    pub(super) const fn new(cell: Arc<Cell>, envelopes: VecDeque<Envelope>) -> Self {
        Self { cell, envelopes }
    }

    /// Lets `decide` look at each request in turn. One that `decide` panics on is put back with one more attempt counted.
    pub(super) fn decide_each(&mut self, mut decide: impl FnMut(&Envelope)) {
        for envelope in &mut self.envelopes {
            envelope.attempts += 1;
            decide(envelope);
            envelope.attempts -= 1;
        }
    }

    /// The requests, which are decided. With `committing` the cell gives out nothing more until it is told of the batch.
    pub(super) fn decided(mut self, committing: bool) -> VecDeque<Envelope> {
        self.cell.decided(committing);
        std::mem::take(&mut self.envelopes)
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        if !self.envelopes.is_empty() {
            self.cell.put_back(std::mem::take(&mut self.envelopes));
        }
    }
}
