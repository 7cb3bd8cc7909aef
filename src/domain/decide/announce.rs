//! What a service of the organization says to a customer, outside of any turn: it takes the session from nobody, and whoever has it
//! answers what the customer says to it.

use super::{Decision, Moment, existing, repeat_of};
use crate::domain::Refusal;
use crate::domain::attachment::check_attachments;
use crate::domain::command::{Draft, Outcome, Receipt, Visitor, plain_message};
use crate::domain::event::Event;
use crate::domain::message::{Author, Message, Notice, check_metadata};
use crate::domain::session::State;

/// Decides. The session must have begun: only a customer begins one.
pub(super) fn announce(state: &State, visitor: &Visitor, draft: &Draft, at: Moment<'_>) -> Result<Decision, Refusal> {
    existing(state, visitor)?;
    if *visitor != Visitor::Service {
        return Err(Refusal::Forbidden);
    }
    if let Some(repeat) = repeat_of(state, None, draft.client_id.as_ref()) {
        return Ok(Decision { events: Vec::new(), outcome: Outcome::Posted(repeat) });
    }
    check_metadata(draft.metadata.as_ref())?;
    check_attachments(&draft.attachments)?;
    let message = Message {
        client_id: draft.client_id.clone(),
        metadata: draft.metadata.clone(),
        attachments: draft.attachments.clone(),
        ..plain_message(draft.id, Author::Notice(Notice::Service), draft.body.clone(), at.now)
    };
    let receipt =
        Receipt { message: draft.id, seq: state.next_seq, stream: state.stream, duplicate: false, awaits_turn: false };
    Ok(Decision { events: vec![Event::Posted(message)], outcome: Outcome::Posted(receipt) })
}
