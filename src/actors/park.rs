//! Sets aside a command that broke its session as often as it may, durably, where an administrator finds it.

use serde_json::json;

use super::Parts;
use super::cell::Envelope;
use super::session::{Decided, take_in};
use crate::domain::{Command, Moment, State, Timestamp, Visitor};
use crate::store::{parked, record};

/// Sets a command aside that broke the session as often as it may, where an administrator finds it.
pub(super) fn park(
    parts: &Parts,
    state: &mut State,
    command: &Command,
    envelope: &Envelope,
    decided: &mut Decided,
    now: Timestamp,
) {
    let attempts = envelope.attempts - 1;
    tracing::error!(session = ?state.key, command = command.name(), attempts, "command set aside");
    let body = match command {
        Command::Post { draft, .. } => json!({
            "message": draft.id, "text": draft.body, "clientId": draft.client_id, "attachments": draft.attachments,
        }),
        other => json!({ "command": other.name() }),
    };
    let row = parked::Parked {
        key: state.key.clone(),
        id: uuid::Uuid::now_v7(),
        command: command.name().to_owned(),
        attempts,
        at: now,
        body,
        sender: sender_of(command),
    };
    if let Err(error) = record::insert(&mut decided.batch, &row) {
        tracing::error!(session = ?state.key, %error, "parked command does not write");
    }
    if attempts > parts.limits.attempts_max {
        return;
    }
    let policy = parts.policies.of(&state.key.organization);
    let moment = Moment { now, policy: &policy, fresh_id: uuid::Uuid::now_v7 };
    let work = if let Command::Finished { work, .. } = command { Some(*work) } else { None };
    let set_aside = Command::Park { command: command.name().to_owned(), attempts, work };
    if let Ok(decision) = (parts.rules)(state, &set_aside, moment) {
        take_in(state, decision.events, None, decided);
    }
}

/// Whoever wrote the message that the command posts, so that it can be posted again.
fn sender_of(command: &Command) -> Option<parked::Sender> {
    let Command::Post { visitor, .. } = command else { return None };
    match visitor {
        Visitor::Customer(id) => Some(parked::Sender::Customer { id: id.to_string() }),
        Visitor::Anonymous { claimed, secret } => {
            Some(parked::Sender::Anonymous { claimed: claimed.to_string(), secret: secret.clone() })
        }
        Visitor::Staff { user, name } => Some(parked::Sender::Staff { user: user.0, name: name.as_str().to_owned() }),
        Visitor::Service => None,
    }
}
