//! What is kept of sessions that go on by e-mail: erased and handed out with the session.

use serde_json::json;

use super::record::Continuation;
use crate::engine::privacy::kept::{Erased, Exported, Personal, Whose};
use crate::store::record;
use crate::store::{Batch, Store, StoreError};

/// See the module.
#[derive(Debug)]
pub struct KeptOnward;

impl Personal for KeptOnward {
    fn kind(&self) -> &'static str {
        "mail_onward"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let Whose::Session(key) = whose else { return Ok(Erased::default()) };
        let found = Continuation::of(store, key)?;
        found.iter().for_each(|found| record::remove(batch, found));
        Ok(Erased::of(found.iter().count(), limit))
    }

    /// The addresses; of codes nothing.
    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        let Whose::Session(key) = whose else { return Ok(Exported::default()) };
        if after.is_some() {
            return Ok(Exported::default());
        }
        let item = |found: Continuation| {
            let asked =
                found.asked.map(|asked| json!({ "address": asked.address.as_str(), "at": asked.at.to_string() }));
            let proven =
                found.proven.map(|proven| json!({ "address": proven.address.as_str(), "at": proven.at.to_string() }));
            json!({ "asked": asked, "proven": proven, "read_upto": found.read_upto })
        };
        let items = Continuation::of(store, key)?.into_iter().map(|found| item(found.record)).collect();
        Ok(Exported { items, next: None })
    }
}
