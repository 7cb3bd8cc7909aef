//! A conversation of the web page goes on by e-mail while its customer is away.
//!
//! The customer names an address, proves by a code ([`code`]) that they read its mail, and from then on what they have not read goes there too
//! ([`rule`], [`letters`]); what they answer lands in the same session ([`super::intake`]), until they part ([`parting`]). What is kept of it is one record per session
//! ([`record`]). Why so: `docs/adr/0016-on-by-mail.md`. Nothing of a conversation goes to an address before it is proved.

mod code;
mod kept;
mod letters;
mod parting;
mod record;
mod rule;
mod service;

use std::sync::Arc;

use secrecy::SecretSlice;

use super::book::MailThread;
use crate::domain::SessionKey;
use crate::store::record::{self as records, Versioned};
use crate::store::{Store, StoreError};

pub use code::CodeCarrier;
pub use kept::KeptOnward;
pub use rule::OnwardRule;
pub use service::{ASKS_PER_ADDRESS_MAX, ASKS_PER_SESSION_MAX, Onward, OnwardParts, Reached, Standing};

pub(super) use parting::{forget_unproved, part_by, says_stop};
pub(super) use record::Continuation;

/// How it is done, and in which words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnwardSettings {
    /// How long a message must be unread before it goes by mail, in seconds.
    pub after_s: u64,
    /// Its texts.
    pub texts: OnwardTexts,
}

/// What customers are told. `{organization}`, `{address}` and `{code}` stand for what they are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnwardTexts {
    /// The subject of the mail with the code.
    pub code_subject: String,
    /// That mail.
    pub code: String,
    /// The subject of the conversation's mails.
    pub subject: String,
    /// What stands below each of them, where answers to it are read.
    pub footer: String,
    /// The same where nobody reads the mailbox.
    pub footer_unread: String,
    /// That it begins, told in the conversation.
    pub started: String,
    /// That it ends.
    pub stopped: String,
}

/// Of what codes are made: a key of the installation's.
#[derive(Clone)]
pub struct CodeKey(Arc<SecretSlice<u8>>);

impl CodeKey {
    /// With this secret.
    pub fn new(secret: SecretSlice<u8>) -> Self {
        Self(Arc::new(secret))
    }
}

impl std::fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeKey(***)")
    }
}

/// The thread by mail of a session, if it has one.
fn thread(store: &Store, key: &SessionKey) -> Result<Option<Versioned<MailThread>>, StoreError> {
    records::get(store, &key.organization, key.session.as_str())
}

/// Whether a session's mails are those of a conversation of the page, and not of one that is by mail.
fn is_onward(store: &Store, key: &SessionKey) -> Result<bool, StoreError> {
    Ok(thread(store, key)?.is_some_and(|thread| thread.record.onward))
}

/// A text with what its places stand for.
fn filled(text: &str, places: &[(&str, &str)]) -> String {
    places.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
}
