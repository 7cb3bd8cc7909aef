//! Who is asking, and may they: passwords, access tokens, API keys, resume secrets, permissions, and how often.
//!
//! Imports `domain` and `clock` only. Nothing here stores or looks up anything: the engine keeps the records, this room
//! makes and checks what is in them. Time is passed in, so every check is a plain function of what it is given; the
//! counters (rate windows, login attempts, open connections) live in memory and are bounded.
//! Deliberately absent: accounts, sessions and HTTP (headers are read and written by the dialects).

pub mod attempts;
pub mod caller;
pub mod connections;
mod digest;
pub mod key;
pub mod password;
pub mod permission;
pub mod rate;
pub mod secret;
pub mod signature;
mod table;
pub mod token;
pub mod vault;

pub use crate::domain::Role;
pub use attempts::{Attempt, LoginAttempts};
pub use caller::{Caller, Who};
pub use connections::{Connection, Connections};
pub use key::{KeyHash, NewKey};
pub use password::{PasswordHash, Passwords};
pub use permission::{Access, Permissions};
pub use rate::{Allowance, Quota, RateLimiter, address_key};
pub use secret::ResumeSecret;
pub use signature::SigningSecret;
pub use token::{Claims, Issued, NewClaims, SigningKey, Subject, Tokens};
pub use vault::Vault;
