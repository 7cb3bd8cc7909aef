//! A conversation of the web page goes on by e-mail while its customer is away.
//!
//! The customer names an address, proves by a code ([`code`]) that they read its mail, and from then on what they have not read goes there too
//! ([`rule`], [`letters`]); what they answer lands in the same session ([`super::intake`]). What is kept of it is one record per session
//! ([`record`]). Why so: `docs/adr/0016-on-by-mail.md`. Nothing of a conversation goes to an address before it is proved.

mod code;
mod kept;
mod letters;
mod record;
mod rule;
mod service;

use std::sync::Arc;

use secrecy::SecretSlice;

pub use code::CodeCarrier;
pub use kept::KeptOnward;
pub use rule::OnwardRule;
pub use service::{ASKS_PER_ADDRESS_MAX, ASKS_PER_SESSION_MAX, Onward, OnwardParts, Reached, Standing};

pub(super) use service::{forget_unproved, part};

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
    /// What stands below each of them.
    pub footer: String,
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

/// A text with what its places stand for.
fn filled(text: &str, places: &[(&str, &str)]) -> String {
    places.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
}
