//! What SMS carries, and what the providers of it say and want to hear.
//!
//! Reading order: [`encoding`] (how many segments a text takes), [`opt_out`] (words that are obeyed at once), [`provider`]
//! (what every provider can do: the trait [`SmsProvider`]), then [`twilio`] and [`exotel`] behind it.

pub mod encoding;
pub mod exotel;
pub mod opt_out;
pub mod provider;
pub mod twilio;

pub use exotel::Exotel;
pub use opt_out::Keyword;
pub use provider::{
    IncomingSms, Method, OutgoingSms, Party, ProviderCall, ProviderRequest, SmsAccepted, SmsProvider, SmsStatus,
};
pub use twilio::Twilio;
