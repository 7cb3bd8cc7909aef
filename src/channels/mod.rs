//! What channels speak: formats, signatures and limits, as functions of bytes and time.
//!
//! Imports `domain` only. There is no socket, no store and no runtime here: actors fetch and send, and ask this room what
//! bytes mean, what a provider's answer is, and whether and when something may be sent. What comes from outside is checked
//! once, here; what nobody knows is kept and said to be unknown, never an error of everything that came with it.
//!
//! Reading order: [`capability`] (what each channel can carry), [`render`] (a reply in the parts that it can),
//! [`delivery`] (how far a message came), [`failure`] (why it did not, and what helps), then a folder per channel.

pub mod answer;
pub mod brake;
pub mod capability;
pub mod delivery;
pub mod email;
pub mod failure;
mod json;
pub mod mac;
pub mod render;
pub mod sms;
pub mod whatsapp;

pub use answer::Answer;
pub use capability::Capability;
pub use delivery::Delivery;
pub use failure::{Failure, FailureClass, Scope};
