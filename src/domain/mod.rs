//! The rules of a conversation, as plain functions of state, command and time.
//!
//! Imports nothing of ours, and no runtime, socket or store. Types derive serde for one reader only: the session log
//! and the records of the store (their shape is held by golden files). No dialect's JSON is known here.

pub mod answer;
pub mod error;
pub mod id;
pub mod text;
pub mod time;

pub use answer::{Action, Answer, Entity, Failure, Reading, Source, TurnResult};
pub use error::Refusal;
pub use id::{ClientMessageId, CustomerId, MessageId, OrganizationId, SessionId, SessionKey, UserId};
pub use text::{Body, Email, PersonName};
pub use time::Timestamp;
