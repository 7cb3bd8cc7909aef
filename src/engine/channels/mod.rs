//! Channels that others run: what customers write there goes into sessions, each of which is one person's with one of our numbers.
//!
//! What a provider's bytes mean is [`crate::channels`]' matter. Deliberately absent: any route.

mod braking;
mod correspondents;
pub mod email;
mod marked;
mod opt_outs;
pub mod outward;
pub mod signed;
pub mod sms;
mod unbroken;
pub mod whatsapp;

pub use correspondents::{Correspondent, Strand, of_session};
pub use email::MailChannel;
pub use opt_outs::{Occasion, OptOut, OptOuts};
pub use outward::Account;
pub use signed::SignedChannels;
pub use sms::{Sms, SmsSettings};
pub use whatsapp::{Whatsapp, WhatsappSettings};
