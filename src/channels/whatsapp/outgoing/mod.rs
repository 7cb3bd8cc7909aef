//! What is sent: checked values, and the JSON that Meta takes (`POST /{version}/{phone_number_id}/messages`).
//!
//! Every limit of Meta's is checked when a value is made, so that nothing is refused only after it went through the outbox.
//! Lengths are counted in UTF-16 units: Meta says "characters" and not which, and no other way of counting gives more.

mod interactive;
mod media;
mod read;
mod template;
mod upload;

use std::fmt;

use serde_json::{Value, json};

pub use interactive::{
    BODY_MAX, BUTTON_TITLE_MAX, BUTTONS_MAX, Button, Buttons, List, ROW_ID_MAX, ROW_TITLE_MAX, ROWS_MAX, Row, Section,
};
pub use media::{CAPTION_MAX, MediaSource, OutgoingMedia};
pub use read::{KINDS, read, shown};
pub use template::{Parameter, Template, TemplateButton};
pub use upload::{DOCUMENT_TYPES, UploadForm, is_opus, upload_type};

use super::id::{self, Bsuid, Wamid};
use super::incoming::{Card, Location};
use crate::domain::{Phone, Refusal};

/// The longest text, in UTF-16 units.
pub const TEXT_MAX: usize = 4_096;

/// The longest of our own ids that Meta carries back to us, in bytes.
pub const OUR_ID_MAX_BYTES: usize = 512;

/// The most cards of one message.
pub const CARDS_MAX: usize = 20;

/// To whom. Of people who hide their number only the id is known; some messages are refused for it
/// ([`FailureClass::OtherAddress`](crate::channels::FailureClass::OtherAddress)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// By number.
    Phone(Phone),
    /// By the id within the business.
    User(Bsuid),
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    to: Recipient,
    our_id: String,
    answers: Option<Wamid>,
    sending: Sending,
}

/// What is sent.
#[derive(Clone, PartialEq)]
pub enum Sending {
    /// Words.
    Text(Text),
    /// A file.
    Media(OutgoingMedia),
    /// An approved template; all that may be sent while the window is closed.
    Template(Template),
    /// Words with up to three buttons.
    Buttons(Buttons),
    /// Words with a list to choose from.
    List(List),
    /// A sign on one of the customer's messages; `None` takes it away.
    Reaction {
        /// On which.
        to: Wamid,
        /// Which.
        emoji: Option<Emoji>,
    },
    /// A place.
    Location(Location),
    /// Cards.
    Contacts(Cards),
}

/// Words that fit into a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    body: String,
    preview: Preview,
}

/// Whether the first address in a text is shown with a picture of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preview {
    /// It is.
    Shown,
    /// It is not: Meta fetches nothing.
    Hidden,
}

/// A sign: short, and not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji(String);

/// Cards with a name each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cards(Vec<Card>);

/// What a read receipt does besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// The customer sees that somebody types, until the answer or for 25 s.
    Shown,
    /// Nothing.
    Hidden,
}

impl Outgoing {
    /// A message. `our_id` comes back in each of its statuses: Meta has no key against sending twice, so a message whose
    /// answer was lost is found again by it. `answers` shows the message as a reply to another.
    ///
    /// # Errors
    /// `Invalid` when our id is blank or too long, or a reaction is to be a reply.
    pub fn new(to: Recipient, our_id: &str, answers: Option<Wamid>, sending: Sending) -> Result<Self, Refusal> {
        if our_id.is_empty() || our_id.len() > OUR_ID_MAX_BYTES {
            return Err(Refusal::invalid("our_id", "must have 1 to 512 bytes"));
        }
        if answers.is_some() && matches!(sending, Sending::Reaction { .. }) {
            return Err(Refusal::invalid("answers", "a reaction can not be a reply"));
        }
        Ok(Self { to, our_id: our_id.to_owned(), answers, sending })
    }

    /// Whether it may be sent while the window is closed.
    pub const fn is_template(&self) -> bool {
        matches!(self.sending, Sending::Template(_))
    }

    /// The body of the request.
    pub fn json(&self) -> Value {
        let (kind, content) = self.sending.json();
        let mut body = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "type": kind,
            kind: content,
            "biz_opaque_callback_data": self.our_id,
        });
        match &self.to {
            Recipient::Phone(phone) => body["to"] = id::digits(phone).into(),
            Recipient::User(user) => body["recipient"] = user.as_str().into(),
        }
        if let Some(answers) = &self.answers {
            body["context"] = json!({ "message_id": answers.as_str() });
        }
        body
    }
}

impl fmt::Debug for Sending {
    /// Shows the type only: what is written to customers does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sending({})", self.json().0)
    }
}

impl Sending {
    /// Meta's word for the type, and what belongs to it.
    fn json(&self) -> (&'static str, Value) {
        match self {
            Self::Text(text) => ("text", json!({ "body": text.body, "preview_url": text.preview == Preview::Shown })),
            Self::Media(media) => (media.kind().as_str(), media.json()),
            Self::Template(template) => ("template", template.json()),
            Self::Buttons(buttons) => ("interactive", buttons.json()),
            Self::List(list) => ("interactive", list.json()),
            Self::Reaction { to, emoji } => {
                let emoji = emoji.as_ref().map_or("", |emoji| emoji.0.as_str());
                ("reaction", json!({ "message_id": to.as_str(), "emoji": emoji }))
            }
            Self::Location(location) => ("location", location_json(location)),
            Self::Contacts(cards) => ("contacts", cards.0.iter().map(card_json).collect()),
        }
    }
}

impl Text {
    /// Checks the words.
    ///
    /// # Errors
    /// `Invalid` when they are blank or longer than [`TEXT_MAX`].
    pub fn new(body: &str, preview: Preview) -> Result<Self, Refusal> {
        Ok(Self { body: within("text", body, TEXT_MAX)?, preview })
    }
}

impl Emoji {
    /// Checks the sign; that it is one, Meta checks.
    ///
    /// # Errors
    /// `Invalid` when it is blank or has more than 32 UTF-16 units (families and flags of regions are long).
    pub fn new(text: &str) -> Result<Self, Refusal> {
        within("emoji", text, 32).map(Self)
    }
}

impl Cards {
    /// Checks the cards.
    ///
    /// # Errors
    /// `Invalid` when there is none, there are more than [`CARDS_MAX`], or one has no name.
    pub fn new(cards: Vec<Card>) -> Result<Self, Refusal> {
        if cards.is_empty() || cards.len() > CARDS_MAX {
            return Err(Refusal::invalid("contacts", "must be 1 to 20"));
        }
        for card in &cards {
            within("contacts.name", &card.name, 256)?;
        }
        Ok(Self(cards))
    }
}

/// Marks a received message, and all before it, as read.
pub fn mark_read(id: &Wamid, typing: Typing) -> Value {
    let mut body = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": id.as_str() });
    if typing == Typing::Shown {
        body["typing_indicator"] = json!({ "type": "text" });
    }
    body
}

/// A text that is not blank and not too long, in UTF-16 units.
fn within(field: &'static str, text: &str, max: usize) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(field, "must not be empty"));
    }
    if text.encode_utf16().count() > max {
        return Err(Refusal::invalid(field, format!("must be at most {max} characters")));
    }
    Ok(text.to_owned())
}

fn location_json(location: &Location) -> Value {
    let mut body = json!({ "latitude": location.latitude, "longitude": location.longitude });
    for (field, text) in [("name", &location.name), ("address", &location.address)] {
        if let Some(text) = text {
            body[field] = text.as_str().into();
        }
    }
    body
}

/// A card. Meta wants a part of the name beside the whole, so the whole stands for it.
fn card_json(card: &Card) -> Value {
    let phones: Vec<Value> = card.phones.iter().map(|phone| json!({ "phone": phone })).collect();
    let emails: Vec<Value> = card.emails.iter().map(|email| json!({ "email": email })).collect();
    json!({
        "name": { "formatted_name": card.name, "first_name": card.name },
        "phones": phones,
        "emails": emails,
    })
}
