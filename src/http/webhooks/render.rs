//! Webhooks and deliveries as JSON.

use secrecy::ExposeSecret;

use super::wire::{
    AttemptRow, DeliveryPage, DeliveryRow, DeliveryState, EventName, GivenUpRow, Pinged, Webhook, WebhookWithSecret,
};
use crate::domain::outbox::{Answered, Attempt, Delivery, Outcome, Parking, Stage};
use crate::domain::webhook::Topic;
use crate::engine::deliveries::DeliveryList;
use crate::engine::webhooks::{EndpointReport, WithSecret};

pub(super) fn webhook(EndpointReport { endpoint, depth }: &EndpointReport) -> Webhook {
    Webhook {
        id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        description: endpoint.description.as_ref().map(|label| label.as_str().to_owned()),
        events: endpoint.topics.iter().map(|topic| name(*topic)).collect(),
        enabled: endpoint.enabled,
        given_up: endpoint
            .given_up
            .as_ref()
            .map(|given_up| GivenUpRow { at: given_up.at.to_string(), why: given_up.why.clone() }),
        previous_secret_until: endpoint.previous.as_ref().map(|previous| previous.until.to_string()),
        waiting: depth.waiting,
        oldest_waiting_at: depth.oldest.map(|at| at.to_string()),
        parked: depth.parked,
        created_at: endpoint.created_at.to_string(),
        updated_at: endpoint.updated_at.to_string(),
    }
}

pub(super) fn with_secret(made: &WithSecret) -> WebhookWithSecret {
    WebhookWithSecret { webhook: webhook(&made.report), secret: made.secret.expose_secret().to_owned() }
}

impl DeliveryPage {
    /// These deliveries.
    pub fn of(list: &DeliveryList) -> Self {
        let next = list.next.map(|number| number.to_string());
        Self { items: list.items.iter().map(delivery).collect(), next }
    }
}

pub(super) fn pinged(Attempt { outcome, answered }: &Attempt) -> Pinged {
    Pinged { delivered: *outcome == Outcome::Done, attempt: attempt(answered) }
}

fn delivery(delivery: &Delivery) -> DeliveryRow {
    DeliveryRow {
        id: delivery.id().to_string(),
        number: delivery.number.to_string(),
        event: delivery.topic.clone(),
        conversation_id: delivery.session.to_string(),
        seq: delivery.seq,
        event_at: delivery.at.to_string(),
        state: match delivery.stage {
            Stage::Waiting => DeliveryState::Waiting,
            Stage::Parked => DeliveryState::Parked,
            Stage::Finished => DeliveryState::Finished,
        },
        queued_at: delivery.queued_at.to_string(),
        attempts: delivery.attempts,
        next_attempt_at: delivery.not_before.map(|at| at.to_string()),
        parked_because: delivery.parked.map(|why| match why {
            Parking::Refused => "refused",
            Parking::TooOld => "too_old",
            Parking::Impossible => "impossible",
        }),
        last_attempt: delivery.last.as_ref().map(attempt),
    }
}

fn attempt(answered: &Answered) -> AttemptRow {
    AttemptRow {
        at: answered.at.to_string(),
        status: answered.status,
        text: answered.text.clone(),
        took_ms: answered.took_ms,
    }
}

const fn name(topic: Topic) -> EventName {
    match topic {
        Topic::ConversationStarted => EventName::ConversationStarted,
        Topic::MessageReceived => EventName::MessageReceived,
        Topic::ConversationEnded => EventName::ConversationEnded,
        Topic::ErrorOccurred => EventName::ErrorOccurred,
    }
}
