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

/// Where the large values of a session are, in the order of their keys, and as what they are exported, in base64.
const LARGE: [(&str, &str); 2] = [("mail_html", "html"), ("mail_raw", "rfc822")];

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
        let thread = record::get::<MailThread>(store, organization, session.as_str())?;
        let (mut count, mut more) = (usize::from(thread.is_some()), false);
        for (space, _) in LARGE {
            let large = store.keys(KeyRange::prefix(of_session(space, organization, session)), RAW_AT_ONCE)?;
            count += large.len();
            more |= large.len() == RAW_AT_ONCE;
            large.into_iter().for_each(|key| batch.delete(key));
        }
        thread.iter().for_each(|thread| record::remove(batch, thread));
        Ok(Erased { count, more })
    }

    /// One at a time: a mail may be megabytes.
    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        let Whose::Session(SessionKey { organization, session }) = whose else { return Ok(Exported::default()) };
        for (space, name) in LARGE {
            let prefix = of_session(space, organization, session).into_bytes();
            let range = match after {
                Some(after) if after.starts_with(&prefix) => {
                    KeyRange::prefix(prefix).beyond(after.to_vec(), Direction::Forward)
                }
                Some(after) if after > prefix.as_slice() => continue,
                _ => KeyRange::prefix(prefix),
            };
            if let Some((key, value)) = store.scan(range, 1, Direction::Forward)?.pop() {
                let item = json!({ name: STANDARD.encode(value.get(1..).unwrap_or_default()) });
                return Ok(Exported { items: vec![item], next: Some(key) });
            }
        }
        Ok(Exported::default())
    }
}
