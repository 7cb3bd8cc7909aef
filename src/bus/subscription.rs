//! One listener of one session.

use std::sync::Arc;

use super::{Bus, Outbox, leave};
use crate::domain::SessionKey;

/// Listens until it is dropped.
#[derive(Debug)]
pub struct Subscription {
    pub(super) bus: Arc<Bus>,
    pub(super) key: SessionKey,
    pub(super) outbox: Arc<Outbox>,
    pub(super) is_customers: bool,
}

impl Subscription {
    /// The same, of the session's customer: while it lasts they are there ([`Bus::has_customer`]).
    #[must_use]
    pub fn of_customer(mut self) -> Self {
        if !std::mem::replace(&mut self.is_customers, true) {
            self.bus.present.comes(&self.key);
        }
        self
    }

    /// The queue to read.
    pub const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// The session listened to.
    pub const fn key(&self) -> &SessionKey {
        &self.key
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        leave(&self.bus.hubs, &self.key, &self.outbox);
        if self.is_customers {
            self.bus.present.goes(&self.key);
        }
    }
}
