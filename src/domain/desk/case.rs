//! A session as the desk and the lists of the staff see it: a small copy, made anew whenever the session changes.

use std::sync::Arc;

use super::service::Service;
use crate::domain::event::Requester;
use crate::domain::memory::Speaker;
use crate::domain::session::{Channel, Owner};
use crate::domain::text::clipped;
use crate::domain::{Author, CustomerId, Event, PersonName, SessionKey, State, Timestamp};

/// The longest preview of a message, in bytes.
const PREVIEW_MAX_BYTES: usize = 800;

/// See the module. Of two of one session, the one with the higher `seq` is the newer one.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Which session.
    pub key: SessionKey,
    /// Which log.
    pub stream: u64,
    /// The newest event that it has seen.
    pub seq: u64,
    /// Who owns it.
    pub owner: Owner,
    /// Raised at each change of owner.
    pub epoch: u64,
    /// Whose it is: never a name that was only claimed.
    pub customer: CustomerId,
    /// What the customer is called.
    pub customer_name: Option<PersonName>,
    /// How they write.
    pub channel: Channel,
    /// Their language.
    pub language: Option<String>,
    /// What it is about.
    pub intent: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When the newest message came.
    pub last_message_at: Option<Timestamp>,
    /// Whether the customer has the last word.
    pub customer_waits: bool,
    /// What people do with it.
    pub service: Service,
    /// The newest message, where the caller knew it.
    pub last: Option<Preview>,
}

/// The newest message of a session, cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// Its place.
    pub seq: u64,
    /// Who wrote it.
    pub author: Author,
    /// What, cut at [`PREVIEW_MAX_BYTES`].
    pub text: Arc<str>,
    /// When.
    pub at: Timestamp,
}

impl Case {
    /// A session as it stands; `last` is its newest message, if the caller has it.
    pub fn of(state: &State, last: Option<Preview>) -> Self {
        Self {
            key: state.key.clone(),
            stream: state.stream,
            seq: state.next_seq.saturating_sub(1),
            owner: state.owner.clone(),
            epoch: state.epoch,
            customer: state.person(),
            customer_name: state.customer_name.clone(),
            channel: state.channel,
            language: state.language.clone(),
            intent: state.intent.clone(),
            started_at: state.started_at,
            last_message_at: state.last_message_at,
            customer_waits: state.customer_waits,
            service: state.service.as_deref().cloned().unwrap_or_default(),
            last,
        }
    }
}

impl Preview {
    /// The preview of an event, if somebody said something: a fixed notice tells nobody what a session is about.
    pub fn of(seq: u64, event: &Event) -> Option<Self> {
        let Event::Posted(message) = event else { return None };
        if matches!(message.author, Author::Notice(_)) {
            return None;
        }
        let (text, at) = (clipped(message.body.as_str(), PREVIEW_MAX_BYTES).into(), message.at);
        Some(Self { seq, author: message.author.clone(), text, at })
    }

    /// The customer's newest words, when these events bring the session to people who have heard nothing of it.
    pub fn asked<'a>(state: &State, events: impl IntoIterator<Item = &'a Event>) -> Option<Self> {
        let is_agents = |by: &Option<Requester>| matches!(by, Some(Requester::Agent { .. }));
        let comes =
            |event: &Event| matches!(event, Event::OwnerMoved { owner: Owner::Queue, by, .. } if !is_agents(by));
        if !events.into_iter().any(comes) {
            return None;
        }
        let line = state.memory.lines().rev().find(|line| line.speaker == Speaker::Customer)?;
        let (text, at) = (clipped(&line.text, PREVIEW_MAX_BYTES).into(), state.last_message_at?);
        Some(Self { seq: line.seq, author: Author::Customer, text, at })
    }
}
