//! What `WhatsApp` itself says in a conversation: a customer's number or id has changed.

use super::message::{SHORT_MAX_BYTES, bsuid};
use crate::channels::json::Place;
use crate::channels::whatsapp::id::{self, Bsuid};
use crate::domain::Phone;

/// A change of a customer's identities. The message's own identity is the old one. It comes without `contacts`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemChange {
    /// `user_changed_number`, `user_changed_user_id`, older `customer_changed_number`, `customer_identity_changed`.
    pub kind: String,
    /// What the app shows about it.
    pub body: Option<String>,
    /// The number from now on.
    pub phone: Option<Phone>,
    /// The id from now on.
    pub user: Option<Bsuid>,
    /// The id until now.
    pub previous_user: Option<Bsuid>,
}

impl SystemChange {
    /// Whether the conversation goes on under another identity.
    pub const fn moves(&self) -> bool {
        self.phone.is_some() || self.user.is_some()
    }
}

/// Reads it. Older forms call the new number `new_wa_id` and the customer `customer`.
pub(super) fn read(place: Place<'_>) -> SystemChange {
    let number = |field| place.at(field).text().and_then(id::phone);
    SystemChange {
        kind: place.at("type").clipped(SHORT_MAX_BYTES).unwrap_or_default(),
        body: place.at("body").clipped(SHORT_MAX_BYTES),
        phone: number("wa_id").or_else(|| number("new_wa_id")),
        user: bsuid(place.at("user_id")),
        previous_user: bsuid(place.at("previous_user_id")),
    }
}
