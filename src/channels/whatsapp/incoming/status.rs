//! News of a message of ours: how far it came, or why not.

use super::Change;
use super::message::{Identity, SHORT_MAX_BYTES, at, bsuid, faults};
use crate::channels::delivery::Delivery;
use crate::channels::failure::Failure;
use crate::channels::json::Place;
use crate::channels::whatsapp::fault::Fault;
use crate::channels::whatsapp::id::{self, NumberId, Wamid};
use crate::domain::Timestamp;

/// News of a message of ours. The same news comes more than once, in any order; see [`Delivery::after`].
#[derive(Debug, Clone, PartialEq)]
pub struct StatusUpdate {
    /// The number that the message went out from.
    pub number: NumberId,
    /// The message, by the id that Meta answered with.
    pub id: Wamid,
    /// How far it came; `None` for a status that we do not know.
    pub delivery: Option<Delivery>,
    /// The status in Meta's word.
    pub word: String,
    /// When, by the provider's clock.
    pub at: Option<Timestamp>,
    /// To whom. Failed ones often name nobody, so a message is found by its ids.
    pub recipient: Identity,
    /// Our own id of the message, as we sent it along: how a message is found whose answer we never got.
    pub our_id: Option<String>,
    /// Why it failed.
    pub faults: Vec<Fault>,
    /// What it costs.
    pub pricing: Option<Pricing>,
    /// When the free time after an advert ends.
    pub free_until: Option<Timestamp>,
}

/// What a message costs, in Meta's words; both change over the years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pricing {
    /// Whether it is charged.
    pub billable: bool,
    /// `service`, `utility`, `marketing`, `authentication`, ...
    pub category: String,
    /// `regular`, `free_customer_service`, `free_entry_point`.
    pub kind: Option<String>,
}

impl StatusUpdate {
    /// Why it failed and what helps: by the first error that Meta names.
    pub fn failure(&self) -> Option<Failure> {
        (self.delivery == Some(Delivery::Failed)).then(|| match self.faults.first() {
            Some(fault) => fault.failure(),
            None => Failure::new(crate::channels::FailureClass::Permanent, None, "failed without a reason"),
        })
    }
}

/// Reads a status; the error names what it lacks.
pub(super) fn read(change: &Change<'_>, item: Place<'_>) -> Result<StatusUpdate, &'static str> {
    let word = item.at("status").clipped(SHORT_MAX_BYTES).ok_or("status")?;
    Ok(StatusUpdate {
        number: change.number.clone(),
        id: item.at("id").text().and_then(|id| Wamid::parse(id).ok()).ok_or("id")?,
        delivery: delivery(&word),
        word,
        at: at(item.at("timestamp")),
        recipient: Identity {
            phone: item.at("recipient_id").text().and_then(id::phone),
            user: bsuid(item.at("recipient_user_id")),
            parent: bsuid(item.at("recipient_parent_user_id")),
        },
        our_id: item.at("biz_opaque_callback_data").clipped(SHORT_MAX_BYTES),
        faults: faults(item.at("errors")),
        pricing: pricing(item.at("pricing")),
        free_until: at(item.at("conversation").at("expiration_timestamp")),
    })
}

fn delivery(word: &str) -> Option<Delivery> {
    Some(match word {
        "accepted" => Delivery::Accepted,
        "sent" => Delivery::Sent,
        "delivered" => Delivery::Delivered,
        "read" => Delivery::Read,
        "played" => Delivery::Played,
        "failed" => Delivery::Failed,
        _ => return None,
    })
}

fn pricing(place: Place<'_>) -> Option<Pricing> {
    Some(Pricing {
        billable: place.at("billable").is_true(),
        category: place.at("category").clipped(SHORT_MAX_BYTES)?,
        kind: place.at("type").clipped(SHORT_MAX_BYTES),
    })
}
