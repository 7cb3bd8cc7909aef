//! Requests' text into checked things.

use uuid::Uuid;

use super::wire::{ChangeWebhook, EventName, NewWebhook, RotateSecret};
use crate::auth::SigningSecret;
use crate::domain::outbox::{Number, Stage};
use crate::domain::webhook::Topic;
use crate::domain::{Label, Refusal};
use crate::engine::deliveries::DELIVERIES_PAGE_MAX;
use crate::engine::webhooks::EndpointDraft;
use crate::http::query::Query;

/// How many deliveries a page holds where the client does not say.
const PAGE_DEFAULT: u64 = 50;

/// Which deliveries are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Those at this stage.
    pub stage: Stage,
    /// Behind this one.
    pub after: Option<Number>,
    /// So many at most.
    pub limit: usize,
}

impl Page {
    /// What a request asks for.
    ///
    /// # Errors
    /// `Invalid` on a parameter.
    pub fn of(query: &Query) -> Result<Self, Refusal> {
        let state = query.raw("state").unwrap_or(Stage::Parked.as_str());
        let stage =
            Stage::parse(state).ok_or_else(|| Refusal::invalid("state", "must be waiting, parked or finished"))?;
        let cursor = query.raw("cursor").map(|text| {
            Number::parse(text).ok_or_else(|| Refusal::invalid("cursor", "must be the `next` of the page before"))
        });
        let limit = query.number("limit", PAGE_DEFAULT, 1)?.min(DELIVERIES_PAGE_MAX as u64);
        Ok(Self { stage, after: cursor.transpose()?, limit: usize::try_from(limit).unwrap_or(DELIVERIES_PAGE_MAX) })
    }
}

/// What is no id is nobody's webhook.
pub(super) fn id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::NotFound { what: "webhook" })
}

/// What is no number of a delivery is nobody's delivery.
///
/// # Errors
/// `NotFound`.
pub fn number(text: &str) -> Result<Number, Refusal> {
    Number::parse(text).ok_or(Refusal::NotFound { what: "delivery" })
}

pub(super) fn new(wanted: NewWebhook) -> Result<(EndpointDraft, Option<SigningSecret>), Refusal> {
    let draft = EndpointDraft {
        url: Some(wanted.url),
        description: Some(description(wanted.description)?),
        topics: wanted.events.map(topics),
        enabled: wanted.enabled,
    };
    Ok((draft, secret(wanted.secret)?))
}

pub(super) fn change(wanted: ChangeWebhook) -> Result<EndpointDraft, Refusal> {
    Ok(EndpointDraft {
        url: wanted.url,
        description: wanted.description.map(description).transpose()?,
        topics: wanted.events.map(topics),
        enabled: wanted.enabled,
    })
}

pub(super) fn rotation(wanted: RotateSecret) -> Result<Option<SigningSecret>, Refusal> {
    secret(wanted.secret)
}

fn secret(text: Option<String>) -> Result<Option<SigningSecret>, Refusal> {
    text.map(|text| SigningSecret::parse(&text)).transpose()
}

/// An empty one is none.
fn description(text: Option<String>) -> Result<Option<Label>, Refusal> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(|text| Label::parse("description", &text)).transpose()
}

/// Each once, in the order of the document.
fn topics(names: Vec<EventName>) -> Vec<Topic> {
    let mut topics: Vec<Topic> = names.into_iter().map(topic).collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

const fn topic(name: EventName) -> Topic {
    match name {
        EventName::ConversationStarted => Topic::ConversationStarted,
        EventName::MessageReceived => Topic::MessageReceived,
        EventName::ConversationEnded => Topic::ConversationEnded,
        EventName::ErrorOccurred => Topic::ErrorOccurred,
    }
}
