//! Domain into the rooms dialect's wire shapes.

use std::borrow::Cow;

use super::wire::{Analysis, Analyzed, LoggedIn, Me, Message, NewRoom, Room, SentMessage, SystemConfig, UserType};
use crate::auth::Caller;
use crate::domain::session::Standing;
use crate::domain::{
    self, AssistantSettings, Author, CustomerId, Reading, Role, SessionKey, State, Understanding, User, Username,
};
use crate::engine::advice::Advised;
use crate::http::rooms::intent;

/// The user id of what the assistant says.
const ASSISTANT: &str = "assistant";

/// The user id of the engine's own fixed texts.
const SYSTEM: &str = "system";

/// The intent of what the assistant has no answer to.
const NO_ANSWER: &str = "unknown";

/// A token and whose it is.
pub(super) fn logged_in(access_token: String, user: &User) -> LoggedIn {
    LoggedIn {
        access_token,
        token_type: "bearer",
        user_id: user.id.to_string(),
        username: username(user),
        user_type: role_type(user.role),
    }
}

/// A user, for themselves.
pub(super) fn me(user: &User) -> Me {
    Me {
        id: user.id.to_string(),
        username: username(user),
        email: Some(user.email.as_str().to_owned()),
        user_type: role_type(user.role),
    }
}

/// The name that a user logs in with; whoever came by another door has their e-mail for it.
pub(super) fn username(user: &User) -> String {
    user.username.as_ref().map_or(user.email.as_str(), Username::as_str).to_owned()
}

/// Everybody of the staff is an administrator in the document's words, which know no agents.
pub(super) const fn role_type(role: Role) -> UserType {
    if role.is_staff() { UserType::Admin } else { UserType::Customer }
}

/// A room that was created.
pub(super) fn new_room(state: &State) -> NewRoom {
    NewRoom {
        room_id: state.key.session.to_string(),
        customer_id: state.customer.to_string(),
        customer_name: customer_name(state),
        status: status(state.standing()),
    }
}

/// A room.
pub(super) fn room(state: &State) -> Room {
    Room {
        id: state.key.session.to_string(),
        customer_id: state.customer.to_string(),
        customer_name: customer_name(state),
        status: status(state.standing()),
        created_at: state.started_at.to_string(),
        last_message_at: state.last_message_at.map(|at| at.to_string()),
        message_count: state.counters.messages,
    }
}

/// How a room stands, in the document's words.
pub(super) const fn status(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::Pending => "pending",
        Standing::Closed => "closed",
    }
}

/// A message of a room. What the assistant would say is for the staff.
pub(super) fn message<'a>(
    room: &'a State,
    message: &'a domain::Message,
    understanding: Option<&'a Understanding>,
    reader: UserType,
) -> Message<'a> {
    let own = match &message.author {
        Author::Customer => understanding.map(|found| &found.reading),
        Author::Assistant => message.reading.as_ref(),
        Author::Agent { .. } | Author::Notice(_) => None,
    };
    let from_customer = message.author == Author::Customer && reader == UserType::Admin;
    Message {
        id: message.id.to_string(),
        room_id: room.key.session.as_str(),
        content: message.body.as_str(),
        user_type: author_type(&message.author),
        user_id: author_id(&message.author, &room.customer),
        timestamp: message.at.to_string(),
        intent: own.map(|reading| intent::word(&reading.intent)),
        ai_suggestion: understanding.filter(|_| from_customer).and_then(Understanding::text),
        is_ai_generated: is_ai_generated(message),
    }
}

/// A message that was sent, and what the assistant made of it.
pub(super) fn sent<'a>(
    key: &'a SessionKey,
    message: &'a domain::Message,
    understanding: Option<&'a Understanding>,
    reader: UserType,
) -> SentMessage<'a> {
    SentMessage {
        message_id: message.id.to_string(),
        room_id: key.session.as_str(),
        content: message.body.as_str(),
        user_type: author_type(&message.author),
        timestamp: message.at.to_string(),
        ai_analysis: analysis(understanding, reader),
    }
}

/// What the assistant made of a message; nothing where that is not known (yet). A customer reads what was said to them, the
/// staff also what was only suggested.
pub(super) fn analysis(understanding: Option<&Understanding>, reader: UserType) -> Analysis<'_> {
    let text = understanding.and_then(|found| match reader {
        UserType::Admin => found.text(),
        UserType::Customer => found.posted(),
    });
    Analysis {
        intent: understanding.map(|found| intent::word(&found.reading.intent)),
        confidence: understanding.map(|found| confidence(&found.reading)),
        suggestions: text.into_iter().collect(),
    }
}

/// What the assistant makes of a text that nobody sent. A customer reads no answer that would have been kept from them.
pub(super) fn analyzed<'a>(
    message: &'a str,
    advised: &'a Advised,
    settings: &AssistantSettings,
    reader: UserType,
) -> Analyzed<'a> {
    let would_answer = settings.auto_reply && advised.reading.confidence >= settings.confidence_floor;
    let shown = reader == UserType::Admin || would_answer;
    Analyzed {
        intent: intent::word(&advised.reading.intent),
        confidence: confidence(&advised.reading),
        suggestions: advised.text.as_deref().filter(|_| shown).into_iter().collect(),
        message,
    }
}

/// How the assistant answers.
pub(super) fn system_config(settings: &AssistantSettings) -> SystemConfig<'_> {
    SystemConfig {
        auto_reply_enabled: settings.auto_reply,
        max_response_length: settings.reply_max_chars,
        ai_confidence_threshold: shortest(settings.confidence_floor),
        response_style_default: settings.style.as_str(),
    }
}

/// Whose side wrote a message: the assistant and the notices speak for the staff.
pub(super) const fn author_type(author: &Author) -> UserType {
    match author {
        Author::Customer => UserType::Customer,
        Author::Assistant | Author::Agent { .. } | Author::Notice(_) => UserType::Admin,
    }
}

/// Who wrote a message: the room's customer, a user of the staff, or, in words that are no user's id, nobody of them.
pub(super) fn author_id<'a>(author: &Author, customer: &'a CustomerId) -> Cow<'a, str> {
    match author {
        Author::Customer => customer.as_str().into(),
        Author::Agent { user, .. } => user.to_string().into(),
        Author::Assistant => ASSISTANT.into(),
        Author::Notice(_) => SYSTEM.into(),
    }
}

/// On which side a caller is.
pub(super) fn caller_type(caller: &Caller) -> UserType {
    if caller.customer().is_some() { UserType::Customer } else { UserType::Admin }
}

/// Whether the assistant made the text up for this message: fixed texts, and that it has no answer, are no such thing.
pub(super) fn is_ai_generated(message: &domain::Message) -> bool {
    let unknown = message.reading.as_ref().is_some_and(|reading| reading.intent == NO_ANSWER);
    message.author == Author::Assistant && !unknown
}

fn customer_name(state: &State) -> String {
    state.customer_name.as_ref().map_or_else(|| state.customer.to_string(), |name| name.as_str().to_owned())
}

fn confidence(reading: &Reading) -> f64 {
    two_decimals(f64::from(reading.confidence))
}

pub(super) fn two_decimals(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// The number as people write it: 0.7, not the double that is nearest to the single.
fn shortest(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_reads_as_it_was_written() {
        for number in [0.0_f32, 0.7, 0.85, 1.0, 0.333] {
            assert_eq!(shortest(number).to_string(), number.to_string());
        }
    }
}
