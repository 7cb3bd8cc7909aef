//! What no assistant may see, and what none may say, whoever it is.
//!
//! [`Masked`] is the outermost layer around a responder: it replaces what says who the customer is by tokens before anything
//! inside reads the turn, and puts the values back into what comes out. [`Guarded`] stands right before the responder that
//! writes, where the passages are known: it declines what an organization prohibits, and holds each answer to its rules.
//! `neutral` and `prompt` make text of what imitates instructions. Why drafts are held back by sentence:
//! `docs/adr/0012-guardrails-in-code.md`. Deliberately absent: a model that judges models.

mod fold;
mod guarded;
mod language;
mod links;
mod masked;
mod meaning;
mod neutral;
mod numbering;
pub mod pii;
mod promises;
pub mod prompt;
mod restorer;
mod scanners;
mod shield;
mod texts;
mod token;
mod topics;
mod vault;
mod watch;

pub use guarded::Guarded;
pub use masked::Masked;
pub use neutral::neutral;
pub use pii::Scanner;
pub use scanners::Scanners;
pub use shield::Shield;
pub use vault::Vault;
