//! The one handle that doors hold: a small service per noun.
//!
//! Imports `domain`, `store`, `bus`, `assistant`, `actors`, `auth`. Commands go to sessions through the directory; reads
//! come from the store and never pass a session actor. Deliberately absent: any dialect's words, any socket.

pub mod accounts;
pub mod sessions;

pub use accounts::Accounts;
pub use sessions::Sessions;

/// The handle.
#[derive(Debug)]
pub struct Engine {
    /// People, keys and tokens.
    pub accounts: Accounts,
    /// Conversations.
    pub sessions: Sessions,
}
