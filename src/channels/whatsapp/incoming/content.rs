//! What a received message says, by its type.

use std::fmt;

use serde_json::Value;

use super::media::{self, Media, MediaKind};
use super::message::SHORT_MAX_BYTES;
use super::system::{self, SystemChange};
use crate::channels::json::Place;
use crate::channels::whatsapp::id::Wamid;
use crate::domain::text::BODY_MAX_BYTES;

/// The most cards, items of an order, or numbers of a card that are kept of one message.
const ITEMS_MAX: usize = 30;

/// The content of a received message.
#[derive(Clone, PartialEq)]
pub enum Content {
    /// Words.
    Text(String),
    /// A file, perhaps with words.
    Media(Media),
    /// A place.
    Location(Location),
    /// Somebody's cards.
    Contacts(Vec<Card>),
    /// A press on a template's button.
    TemplateButton {
        /// What stands on it.
        text: String,
        /// What we gave it to come back with.
        payload: Option<String>,
    },
    /// A choice among the buttons or rows that we offered.
    Choice {
        /// The id that we gave it.
        id: String,
        /// What stands on it.
        title: String,
        /// What stands below it, in lists.
        description: Option<String>,
    },
    /// A form that was filled in.
    Form(Form),
    /// A sign on one of our messages; `None` takes it away.
    Reaction {
        /// On which.
        to: Wamid,
        /// Which.
        emoji: Option<String>,
    },
    /// An order from a catalogue.
    Order(Order),
    /// A change of who the customer is.
    System(SystemChange),
    /// What an earlier message says from now on.
    Edit {
        /// Which.
        of: Wamid,
        /// What it says. Never an edit itself.
        content: Box<Content>,
    },
    /// An earlier message was taken back.
    Revoke {
        /// Which.
        of: Wamid,
    },
    /// The customer opened the chat for the first time and wrote nothing yet.
    Welcome,
    /// `WhatsApp` itself can not hand this on: polls, view-once pictures, ...
    Unsupported {
        /// What it was, if said.
        kind: Option<String>,
    },
    /// A type that we do not know, or one that lacks what belongs to it.
    Unknown {
        /// Its type, and of interactive ones theirs: `interactive/call_permission_reply`.
        kind: String,
    },
}

/// A place.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// What it is called.
    pub name: Option<String>,
    /// Where that is.
    pub address: Option<String>,
}

/// Somebody's card, as far as it can be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// Their name.
    pub name: String,
    /// Their numbers.
    pub phones: Vec<String>,
    /// Their e-mail addresses.
    pub emails: Vec<String>,
}

/// A form that was filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// `flow`, `address_message`.
    pub name: String,
    /// What the app shows about it.
    pub body: Option<String>,
    /// What was filled in; `None` if it is no JSON.
    pub answers: Option<Value>,
}

/// An order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The catalogue.
    pub catalog: String,
    /// What the customer wrote with it.
    pub text: Option<String>,
    /// What is ordered.
    pub items: Vec<Item>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The product, by the shop's own id.
    pub product: String,
    /// How many.
    pub quantity: f64,
    /// The price of one.
    pub price: Option<f64>,
    /// Its currency.
    pub currency: Option<String>,
}

impl fmt::Debug for Content {
    /// Shows the type only: what customers write does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({})", self.kind())
    }
}

impl Content {
    /// What it is, for logs and metrics. Never what it says.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Media(media) => media.kind.as_str(),
            Self::Location(_) => "location",
            Self::Contacts(_) => "contacts",
            Self::TemplateButton { .. } => "button",
            Self::Choice { .. } => "choice",
            Self::Form(_) => "form",
            Self::Reaction { .. } => "reaction",
            Self::Order(_) => "order",
            Self::System(_) => "system",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::Welcome => "request_welcome",
            Self::Unsupported { .. } => "unsupported",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Whether somebody said something, so that an answer is due. Edits, reactions, revocations and news of the system are
    /// not.
    pub const fn is_turn(&self) -> bool {
        match self {
            Self::Text(_)
            | Self::Media(_)
            | Self::Location(_)
            | Self::Contacts(_)
            | Self::TemplateButton { .. }
            | Self::Choice { .. }
            | Self::Form(_)
            | Self::Order(_)
            | Self::Welcome
            | Self::Unsupported { .. }
            | Self::Unknown { .. } => true,
            Self::Reaction { .. } | Self::System(_) | Self::Edit { .. } | Self::Revoke { .. } => false,
        }
    }

    /// Whether it opens the customer service window, when it is the customer's. Of a type that is not known it is not assumed:
    /// a window held for open too long costs messages, one held for closed too early only templates.
    pub const fn opens_window(&self) -> bool {
        self.is_turn() && !matches!(self, Self::Welcome | Self::Unknown { .. })
    }

    /// The file that is to be fetched.
    pub const fn media(&self) -> Option<&Media> {
        match self {
            Self::Media(media) => Some(media),
            _ => None,
        }
    }
}

/// Reads a message's content. What lacks the essential is [`Content::Unknown`], so that it is shown at least.
pub(super) fn read(item: Place<'_>) -> Content {
    let kind = item.at("type").text().unwrap_or("none");
    let content = match kind {
        "edit" => edit(item.at("edit")),
        "system" => Some(Content::System(system::read(item.at("system")))),
        _ => said(kind, item),
    };
    content.unwrap_or_else(|| unknown(kind))
}

/// What a message says that is not about another one or about the customer; also what an edit can hold, so that edits do
/// not nest.
fn said(kind: &str, item: Place<'_>) -> Option<Content> {
    let body = item.at(kind);
    let wamid = |field| body.at(field).text().and_then(|id| Wamid::parse(id).ok());
    if let Some(kind) = MediaKind::of(kind) {
        return media::read(kind, body).map(Content::Media);
    }
    match kind {
        "text" => body.at("body").clipped(BODY_MAX_BYTES).map(Content::Text),
        "location" => location(body).map(Content::Location),
        "contacts" => Some(Content::Contacts(body.items().take(ITEMS_MAX).map(card).collect())),
        "button" => body
            .at("text")
            .clipped(SHORT_MAX_BYTES)
            .map(|text| Content::TemplateButton { text, payload: body.at("payload").clipped(SHORT_MAX_BYTES) }),
        "interactive" => Some(interactive(body)),
        "reaction" => {
            wamid("message_id").map(|to| Content::Reaction { to, emoji: body.at("emoji").clipped(SHORT_MAX_BYTES) })
        }
        "order" => order(body).map(Content::Order),
        "revoke" => wamid("original_message_id").map(|of| Content::Revoke { of }),
        "request_welcome" => Some(Content::Welcome),
        "unsupported" | "unknown" => {
            Some(Content::Unsupported { kind: item.at("unsupported").at("type").clipped(SHORT_MAX_BYTES) })
        }
        _ => None,
    }
}

fn unknown(kind: &str) -> Content {
    Content::Unknown { kind: crate::channels::json::clip(kind, SHORT_MAX_BYTES).to_owned() }
}

fn edit(body: Place<'_>) -> Option<Content> {
    let of = Wamid::parse(body.at("original_message_id").text()?).ok()?;
    let message = body.at("message");
    let kind = message.at("type").text()?;
    Some(Content::Edit { of, content: Box::new(said(kind, message).unwrap_or_else(|| unknown(kind))) })
}

fn location(body: Place<'_>) -> Option<Location> {
    Some(Location {
        latitude: body.at("latitude").number().filter(|degrees| degrees.abs() <= 90.0)?,
        longitude: body.at("longitude").number().filter(|degrees| degrees.abs() <= 180.0)?,
        name: body.at("name").clipped(SHORT_MAX_BYTES),
        address: body.at("address").clipped(SHORT_MAX_BYTES),
    })
}

fn card(body: Place<'_>) -> Card {
    let list = |list: &str, field: &str| {
        body.at(list).items().take(ITEMS_MAX).filter_map(|item| item.at(field).clipped(SHORT_MAX_BYTES)).collect()
    };
    Card {
        name: body.at("name").at("formatted_name").clipped(SHORT_MAX_BYTES).unwrap_or_default(),
        phones: list("phones", "phone"),
        emails: list("emails", "email"),
    }
}

fn interactive(body: Place<'_>) -> Content {
    let kind = body.at("type").text().unwrap_or("none");
    let reply = body.at(kind);
    let short = |field| reply.at(field).clipped(SHORT_MAX_BYTES);
    let content = match kind {
        "list_reply" | "button_reply" => short("id").map(|id| Content::Choice {
            title: short("title").unwrap_or_else(|| id.clone()),
            id,
            description: short("description"),
        }),
        "nfm_reply" => Some(Content::Form(Form {
            name: short("name").unwrap_or_default(),
            body: short("body"),
            answers: reply.at("response_json").text().and_then(answers),
        })),
        _ => None,
    };
    content.unwrap_or_else(|| unknown(&format!("interactive/{kind}")))
}

/// What a form holds: JSON within a text, so it has limits of its own.
fn answers(text: &str) -> Option<Value> {
    if text.len() > BODY_MAX_BYTES { None } else { serde_json::from_str(text).ok() }
}

fn order(body: Place<'_>) -> Option<Order> {
    let item = |item: Place<'_>| {
        Some(Item {
            product: item.at("product_retailer_id").clipped(SHORT_MAX_BYTES)?,
            quantity: item.at("quantity").number().unwrap_or(1.0),
            price: item.at("item_price").number(),
            currency: item.at("currency").clipped(SHORT_MAX_BYTES),
        })
    };
    body.is_there().then(|| Order {
        catalog: body.at("catalog_id").clipped(SHORT_MAX_BYTES).unwrap_or_default(),
        text: body.at("text").clipped(BODY_MAX_BYTES),
        items: body.at("product_items").items().take(ITEMS_MAX).filter_map(item).collect(),
    })
}
