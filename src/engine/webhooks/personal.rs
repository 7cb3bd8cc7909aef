//! What deliveries hold of customers: which session they are about, and the beginnings of answers. It goes with the session. A courier that
//! has one in memory finds nothing to send, and lets go of it.

use serde_json::json;

use crate::domain::outbox::Delivery;
use crate::engine::privacy::kept::{Erased, Exported, Personal, Whose};
use crate::store::{Batch, Store, StoreError, Versioned, outbox, record};

/// The most deliveries about one session that are handed out.
const EXPORTED_MAX: usize = 1_000;

/// See the module.
#[derive(Debug)]
pub struct KeptDeliveries;

impl Personal for KeptDeliveries {
    fn kind(&self) -> &'static str {
        "deliveries"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Erased::default()) };
        let found = outbox::of_session(store, session, limit)?;
        found.iter().for_each(|delivery| record::remove(batch, delivery));
        Ok(Erased::of(found.len(), limit))
    }

    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        let Whose::Session(session) = whose else { return Ok(Exported::default()) };
        if after.is_some() {
            return Ok(Exported::default());
        }
        let found = outbox::of_session(store, session, EXPORTED_MAX)?;
        let item = |found: &Versioned<Delivery>| {
            let delivery = &found.record;
            json!({ "at": delivery.at.to_string(), "event": delivery.topic, "seq": delivery.seq, "state": delivery.stage })
        };
        Ok(Exported { items: found.iter().map(item).collect(), next: None })
    }
}
