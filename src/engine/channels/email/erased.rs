//! Mail of customers that are erased: what was set aside of theirs, and of their sessions the mails as they came, the conversation, and its Message-IDs, of which a hash stays: a mail that was
//! erased and is in the mailbox still does not come back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::aside;
use super::book::{self, Gone, MailThread, Role};
use crate::domain::SessionKey;
use crate::engine::privacy::kept::{Erased, Exported, Personal, Whose};
use crate::store::privacy::of_session;
use crate::store::record;
use crate::store::{Batch, Direction, KeyRange, Store, StoreError};

/// The most large values that one batch removes: each is many keys.
const RAW_AT_ONCE: usize = 16;

/// See the module.
#[derive(Debug)]
pub struct KeptMail;

impl Personal for KeptMail {
    fn kind(&self) -> &'static str {
        "mails"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let SessionKey { organization, session } = match whose {
            Whose::Session(key) => key,
            Whose::Person { organization, ids } => {
                return Ok(Erased::of(aside::erase_of(store, organization, ids, batch, RAW_AT_ONCE)?, RAW_AT_ONCE));
            }
        };
        // Its names first: from then on no mail of it is taken again.
        let names = book::names_of(store, organization, session, limit)?;
        for name in &names {
            record::remove(batch, name);
            if name.record.role == Role::Came {
                batch.put(book::gone_key(organization, &name.record.hash), Gone::of(&name.record));
            }
        }
        if !names.is_empty() {
            return Ok(Erased { count: names.len(), more: true });
        }
        let range = KeyRange::prefix(of_session("mail_raw", organization, session));
        let raw = store.keys(range, RAW_AT_ONCE)?;
        let thread = record::get::<MailThread>(store, organization, session.as_str())?;
        let count = raw.len() + usize::from(thread.is_some());
        let more = raw.len() == RAW_AT_ONCE;
        raw.into_iter().for_each(|key| batch.delete(key));
        thread.iter().for_each(|thread| record::remove(batch, thread));
        Ok(Erased { count, more })
    }

    /// One at a time: a mail may be megabytes.
    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        let Whose::Session(SessionKey { organization, session }) = whose else { return Ok(Exported::default()) };
        let mut range = KeyRange::prefix(of_session("mail_raw", organization, session));
        if let Some(after) = after {
            range = range.beyond(after.to_vec(), Direction::Forward);
        }
        let Some((key, value)) = store.scan(range, 1, Direction::Forward)?.pop() else {
            return Ok(Exported::default());
        };
        let mail = value.get(1..).unwrap_or_default();
        Ok(Exported { items: vec![json!({ "rfc822": STANDARD.encode(mail) })], next: Some(key) })
    }
}
