//! What a webhook of the Cloud API says: every entry, change, message and status in it.
//!
//! [`read`] never fails. A payload whose signature holds is Meta's, and an error for it would only bring it back for seven
//! days; so what is not understood is counted ([`PassedOver`]) and the rest is taken. A message of a type that nobody knows is
//! a message ([`Content::Unknown`]).

mod content;
mod media;
mod message;
mod show;
mod status;
mod system;

use std::collections::BTreeMap;

use serde_json::Value;

pub use content::{Card, Content, Form, Item, Location, Order};
pub use media::{Media, MediaKind};
pub use message::{Context, Identity, Origin, Product, Received, Referral};
pub use status::{Pricing, StatusUpdate};
pub use system::SystemChange;

use super::fault::Fault;
use super::id::{NumberId, Wamid};
use crate::channels::json::{Place, clip};

/// The largest payload, in bytes: Meta's limit is 3 MB, and there is some room.
pub const PAYLOAD_MAX_BYTES: usize = 4 * 1024 * 1024;

/// The most messages, statuses and faults that one payload is read for. Meta batches up to 1,000.
pub const ITEMS_MAX: usize = 5_000;

/// The most passed-over fields that are told apart, and the most broken items that are told one by one.
const TOLD_MAX: usize = 32;

/// The longest name of a field that is told, in bytes.
const FIELD_MAX_BYTES: usize = 64;

/// What a payload says.
#[derive(Debug, Default, PartialEq)]
pub struct Notification {
    /// In the order of the payload.
    pub incoming: Vec<Incoming>,
    /// What was not taken, for a metric and the log.
    pub passed_over: PassedOver,
}

/// One thing that it says.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// A message: of a customer, or of a colleague who wrote in the phone's app.
    Message(Box<Received>),
    /// News of a message of ours.
    Status(Box<StatusUpdate>),
    /// Something is wrong with a number or the app at large.
    Fault(NumberFault),
}

/// Something is wrong with a number or the app at large.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberFault {
    /// Which number it was told of.
    pub number: Option<NumberId>,
    /// What is wrong.
    pub fault: Fault,
}

/// What was not taken. Holds nothing that a customer wrote.
#[derive(Debug, Default, PartialEq)]
pub struct PassedOver {
    /// Why nothing at all was taken.
    pub whole: Option<Unread>,
    /// Changes that are not for us, by field: `account_update`, `calls`.
    pub fields: BTreeMap<String, u32>,
    /// Items that could not be used; the first of them.
    pub broken: Vec<Broken>,
    /// How many items could not be used.
    pub broken_total: u32,
    /// How many items came beyond [`ITEMS_MAX`].
    pub beyond_limit: usize,
}

/// Why nothing of a payload was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Longer than [`PAYLOAD_MAX_BYTES`].
    TooLarge,
    /// No JSON, or nested deeper than 128 levels.
    NotJson,
    /// JSON of another kind: `object` is not `whatsapp_business_account`.
    OtherObject,
}

/// An item that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// `message` or `status`.
    pub what: &'static str,
    /// What it lacks.
    pub why: &'static str,
    /// Its id, if it has one.
    pub id: Option<Wamid>,
}

/// What all items of a change have in common.
struct Change<'a> {
    account: Option<&'a str>,
    number: NumberId,
    display_number: Option<&'a str>,
    value: Place<'a>,
}

/// Reads the body of a webhook call whose signature holds.
pub fn read(body: &[u8]) -> Notification {
    let mut notification = Notification::default();
    if body.len() > PAYLOAD_MAX_BYTES {
        notification.passed_over.whole = Some(Unread::TooLarge);
        return notification;
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(root) => notification.read_root(Place::root(&root)),
        Err(_) => notification.passed_over.whole = Some(Unread::NotJson),
    }
    notification
}

impl Notification {
    fn read_root(&mut self, root: Place<'_>) {
        if root.at("object").text() != Some("whatsapp_business_account") {
            self.passed_over.whole = Some(Unread::OtherObject);
            return;
        }
        for entry in root.at("entry").items() {
            for change in entry.at("changes").items() {
                self.read_change(
                    entry.at("id").text(),
                    change.at("field").text().unwrap_or_default(),
                    change.at("value"),
                );
            }
        }
    }

    fn read_change(&mut self, account: Option<&str>, field: &str, value: Place<'_>) {
        let metadata = value.at("metadata");
        let number = metadata.at("phone_number_id").text().and_then(|id| NumberId::parse(id).ok());
        let before = self.seen();
        if field == "messages" {
            self.read_faults(number.as_ref(), value.at("errors"));
        }
        if let Some(number) = number {
            let change = Change { account, number, display_number: metadata.at("display_phone_number").text(), value };
            match field {
                "messages" => {
                    self.read_messages(&change, value.at("messages"), Origin::Customer);
                    self.read_statuses(&change, value.at("statuses"));
                }
                "smb_message_echoes" => self.read_messages(&change, value.at("message_echoes"), Origin::PhoneApp),
                _ => {}
            }
        }
        if self.seen() == before {
            self.passed_over.field(field);
        }
    }

    fn read_messages(&mut self, change: &Change<'_>, messages: Place<'_>, origin: Origin) {
        for item in messages.items() {
            let read = message::read(change, item, origin).map(|message| Incoming::Message(Box::new(message)));
            self.keep("message", item, read);
        }
    }

    fn read_statuses(&mut self, change: &Change<'_>, statuses: Place<'_>) {
        for item in statuses.items() {
            let read = status::read(change, item).map(|status| Incoming::Status(Box::new(status)));
            self.keep("status", item, read);
        }
    }

    fn read_faults(&mut self, number: Option<&NumberId>, errors: Place<'_>) {
        for item in errors.items() {
            let fault = Fault::read(item).ok_or("code");
            self.keep(
                "error",
                item,
                fault.map(|fault| Incoming::Fault(NumberFault { number: number.cloned(), fault })),
            );
        }
    }

    fn keep(&mut self, what: &'static str, item: Place<'_>, read: Result<Incoming, &'static str>) {
        match read {
            Ok(_) if self.incoming.len() >= ITEMS_MAX => self.passed_over.beyond_limit += 1,
            Ok(incoming) => self.incoming.push(incoming),
            Err(why) => self.passed_over.broken(what, why, item),
        }
    }

    fn seen(&self) -> usize {
        let broken = usize::try_from(self.passed_over.broken_total).unwrap_or(usize::MAX);
        self.incoming.len().saturating_add(broken).saturating_add(self.passed_over.beyond_limit)
    }
}

impl PassedOver {
    /// Whether everything was taken.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn field(&mut self, field: &str) {
        let field = clip(field, FIELD_MAX_BYTES);
        if let Some(count) = self.fields.get_mut(field) {
            *count = count.saturating_add(1);
        } else if self.fields.len() < TOLD_MAX {
            self.fields.insert(field.to_owned(), 1);
        }
    }

    fn broken(&mut self, what: &'static str, why: &'static str, item: Place<'_>) {
        self.broken_total = self.broken_total.saturating_add(1);
        if self.broken.len() < TOLD_MAX {
            let id = item.at("id").text().and_then(|id| Wamid::parse(id).ok());
            self.broken.push(Broken { what, why, id });
        }
    }
}
