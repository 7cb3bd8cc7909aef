//! A received message in words, for whoever answers it: what was said, or else what was sent, in brackets.

use std::fmt::Write as _;

use serde_json::Value;

use super::content::{Card, Content, Form, Item, Location, Order};
use super::media::{Media, MediaKind};
use crate::channels::json::clip;
use crate::domain::text::BODY_MAX_BYTES;

/// The most answers of a form that are shown.
const ANSWERS_MAX: usize = 50;

impl Content {
    /// The customer's own words, if there are any: what an assistant answers and an opt-out is looked for in.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::TemplateButton { text, .. } | Self::Choice { title: text, .. } => Some(text),
            Self::Media(media) => media.caption.as_deref(),
            Self::Order(order) => order.text.as_deref(),
            Self::Edit { content, .. } => content.words(),
            Self::Location(_)
            | Self::Contacts(_)
            | Self::Form(_)
            | Self::Reaction { .. }
            | Self::System(_)
            | Self::Revoke { .. }
            | Self::Welcome
            | Self::Unsupported { .. }
            | Self::Unknown { .. } => None,
        }
    }

    /// What is shown of it in a conversation: never blank, at most [`BODY_MAX_BYTES`] long.
    pub fn shown(&self) -> String {
        let shown = match self {
            Self::Text(text) | Self::TemplateButton { text, .. } => text.clone(),
            Self::Choice { title, description, .. } => match description {
                Some(description) => format!("{title} ({description})"),
                None => title.clone(),
            },
            Self::Media(media) => media_shown(media),
            Self::Location(location) => location_shown(location),
            Self::Contacts(cards) => cards_shown(cards),
            Self::Form(form) => form_shown(form),
            Self::Reaction { emoji: Some(emoji), .. } => format!("[reaction] {emoji}"),
            Self::Reaction { emoji: None, .. } => "[reaction removed]".to_owned(),
            Self::Order(order) => order_shown(order),
            Self::System(change) => change.body.clone().unwrap_or_else(|| format!("[{}]", change.kind)),
            Self::Edit { content, .. } => format!("[edited] {}", content.shown()),
            Self::Revoke { .. } => "[message deleted]".to_owned(),
            Self::Welcome => "[opened the chat]".to_owned(),
            Self::Unsupported { kind: Some(kind) } => format!("[message that WhatsApp does not hand on: {kind}]"),
            Self::Unsupported { kind: None } => "[message that WhatsApp does not hand on]".to_owned(),
            Self::Unknown { kind } => format!("[message of an unknown type: {kind}]"),
        };
        clip(&shown, BODY_MAX_BYTES).to_owned()
    }
}

fn media_shown(media: &Media) -> String {
    let kind = match media.kind {
        MediaKind::Audio if media.voice => "voice note",
        kind => kind.as_str(),
    };
    let mut shown = match &media.filename {
        Some(name) => format!("[{kind}: {name}]"),
        None => format!("[{kind}]"),
    };
    if let Some(caption) = &media.caption {
        shown.push(' ');
        shown.push_str(caption);
    }
    shown
}

fn location_shown(location: &Location) -> String {
    let mut shown = "[location]".to_owned();
    for part in [&location.name, &location.address].into_iter().flatten() {
        let _ = write!(shown, " {part},");
    }
    let _ = write!(shown, " {}, {}", location.latitude, location.longitude);
    shown
}

fn cards_shown(cards: &[Card]) -> String {
    let card = |card: &Card| {
        let parts = [&card.name].into_iter().chain(&card.phones).chain(&card.emails).filter(|part| !part.is_empty());
        parts.map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    format!("[contact] {}", cards.iter().map(card).collect::<Vec<_>>().join("; ")).trim_end().to_owned()
}

/// A form's answers, a line each. What the app itself adds (the form's token) is left out.
fn form_shown(form: &Form) -> String {
    let mut shown = format!("[form: {}]", form.name);
    if let Some(body) = &form.body {
        let _ = write!(shown, " {body}");
    }
    let Some(Value::Object(answers)) = &form.answers else { return shown };
    for (name, answer) in answers.iter().filter(|(name, _)| *name != "flow_token").take(ANSWERS_MAX) {
        let _ = match answer {
            Value::String(text) => write!(shown, "\n{name}: {text}"),
            other => write!(shown, "\n{name}: {other}"),
        };
    }
    shown
}

fn order_shown(order: &Order) -> String {
    let line = |item: &Item| {
        let price = match (item.price, &item.currency) {
            (Some(price), Some(currency)) => format!(" at {price} {currency}"),
            (Some(price), None) => format!(" at {price}"),
            (None, _) => String::new(),
        };
        format!("\n{} x {}{price}", item.quantity, item.product)
    };
    let mut shown = "[order]".to_owned();
    if let Some(text) = &order.text {
        let _ = write!(shown, " {text}");
    }
    shown.extend(order.items.iter().map(line));
    shown
}
