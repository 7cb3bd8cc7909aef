//! What is sent of an event, made of the session's log each time: `{"type", "timestamp", "data"}` as Standard Webhooks has it.
//! The log does not change, so each try sends the same bytes, unless the organization has changed its privacy rules meanwhile:
//! what a customer wrote goes out as those let it, with the kind of a private value in its place.

use serde::Serialize;

use crate::assistant::guard::Scanner;
use crate::domain::message::{Author, Message};
use crate::domain::outbox::Delivery;
use crate::domain::webhook::Topic;
use crate::domain::{Event, Requester};
use crate::store::{Logged, Store, StoreError, log};

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    timestamp: String,
    data: Data<'a>,
}

/// What is told of every event, and what is of some.
#[derive(Serialize)]
struct Data<'a> {
    conversation_id: &'a str,
    customer_id: &'a str,
    channel: &'static str,
    /// The event's place in its conversation.
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// The bytes to be sent; nothing where the event is there no longer.
///
/// # Errors
/// When the store does not read.
pub(super) fn render(store: &Store, delivery: &Delivery, scanner: &Scanner) -> Result<Option<Vec<u8>>, StoreError> {
    let session = delivery.session_key();
    let first = log::read::<Event>(store, &session, 0, 1)?.pop();
    let told = log::read::<Event>(store, &session, delivery.seq.saturating_sub(1), 1)?.pop();
    let (Some(Logged { event: Event::Started(started), .. }), Some(told)) = (first, told) else { return Ok(None) };
    // A session that was erased may have begun anew under its id: that is another event.
    let is_it = told.seq == delivery.seq && told.at == delivery.at;
    if !is_it || Topic::of(&told.event).map(Topic::as_str) != Some(&*delivery.topic) {
        return Ok(None);
    }
    let mut data = Data {
        conversation_id: session.session.as_str(),
        customer_id: started.customer.as_str(),
        channel: started.channel.as_str(),
        seq: told.seq,
        message_id: None,
        message: None,
        ended_by: None,
        error: None,
    };
    fill(&mut data, &told.event, scanner);
    let body = Body { r#type: &delivery.topic, timestamp: told.at.to_string(), data };
    serde_json::to_vec(&body).map(Some).map_err(|why| StoreError::Backend(format!("a webhook's body: {why}")))
}

/// What a `ping` is.
pub(super) fn ping(at: crate::domain::Timestamp) -> Vec<u8> {
    serde_json::json!({ "type": "ping", "timestamp": at.to_string(), "data": {} }).to_string().into_bytes()
}

fn fill(data: &mut Data<'_>, event: &Event, scanner: &Scanner) {
    match event {
        Event::Posted(Message { id, author: Author::Customer, body, .. }) => {
            data.message_id = Some(id.to_string());
            data.message = Some(scanner.without_values(body.as_str()));
        }
        Event::Posted(_) => data.error = Some("fallback"),
        Event::CommandParked { .. } => data.error = Some("command_parked"),
        Event::OwnerMoved { by, .. } => {
            data.ended_by = Some(match by {
                Some(Requester::Customer) => "customer",
                Some(Requester::Agent { .. }) => "agent",
                Some(Requester::Service) => "service",
                None => "assistant",
            });
        }
        Event::Started(_)
        | Event::TurnEnded { .. }
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::Desk(_) => {}
    }
}
