//! What Meta's `WhatsApp` Cloud API says and wants to hear (Graph API v25/v26, mid-2026), as functions of bytes and time.
//!
//! Reading order: [`signature`] (is it Meta who calls), [`incoming`] (what a webhook says), [`outgoing`] (what is sent), [`parts`] (a
//! reply as such),
//! [`response`] (what Meta answers), [`fault`] (what its codes mean), [`window`] and [`pace`] (when something may be sent).
//! Sources: the Cloud API's reference at `developers.facebook.com/documentation/business-messaging/whatsapp`, and where
//! it is silent what its clients observe.

pub mod fault;
pub mod id;
pub mod incoming;
pub mod outgoing;
pub mod pace;
pub mod parts;
pub mod response;
pub mod signature;
pub mod window;

pub use fault::Fault;
pub use id::{Bsuid, MediaId, NumberId, Wamid};
pub use incoming::{Incoming, Notification};
pub use outgoing::{Outgoing, Recipient};
