//! What became of a client id: the receipt of the message that it is already, and the ids that events bring.

use super::Parts;
use crate::domain::{
    Author, ClientMessageId, Command, DeskCommand, DeskEvent, Event, MessageId, Receipt, Refusal, State, UserId,
    Visitor,
};
use crate::store::idempotency;

/// The receipt of a message or a note whose client id the session's memory has let go of.
pub(super) fn stored_receipt(parts: &Parts, state: &State, command: &Command) -> Result<Option<Receipt>, Refusal> {
    let Some((visitor, client_id)) = sender_of(command) else { return Ok(None) };
    let user = visitor.user();
    if !state.exists() || !state.forgot_ids() || state.recent(user, client_id).is_some() {
        return Ok(None);
    }
    visitor.enter(state)?;
    let known = idempotency::find(&parts.store, &state.key, user, client_id).map_err(|error| {
        tracing::error!(session = ?state.key, %error, "idempotency key does not read");
        Refusal::Unavailable { part: "store" }
    })?;
    Ok(known.map(|(message, seq)| Receipt { message, seq, stream: state.stream, duplicate: true, awaits_turn: false }))
}

/// Who brings a client id, and which.
fn sender_of(command: &Command) -> Option<(&Visitor, &ClientMessageId)> {
    if let Command::Desk(DeskCommand::Note { visitor, client_id, .. }) = command {
        return Some((visitor, client_id.as_ref()?));
    }
    let (Command::Post { visitor, draft, .. } | Command::Announce { visitor, draft }) = command else { return None };
    Some((visitor, draft.client_id.as_ref()?))
}

pub(super) fn client_id_of(event: &Event) -> Option<(Option<UserId>, &ClientMessageId, MessageId)> {
    if let Event::Desk(DeskEvent::Noted(note)) = event {
        return Some((Some(note.user), note.client_id.as_ref()?, MessageId(note.id)));
    }
    let Event::Posted(message) = event else { return None };
    let user = match &message.author {
        Author::Agent { user, .. } => Some(*user),
        Author::Customer | Author::Assistant | Author::Notice(_) => None,
    };
    Some((user, message.client_id.as_ref()?, message.id))
}
