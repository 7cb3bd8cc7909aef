//! Lists of sessions as the staff asks for them: by owner, channel, customer or words, newest activity first.

use std::cmp::Reverse;

use super::{OPEN_LISTED_MAX, OPEN_SCANNED_MAX, STRIDE, Sessions, unreadable};
use crate::domain::desk::case::Preview;
use crate::domain::{Channel, CustomerId, OrganizationId, Owner, Refusal, SessionId, State, Timestamp, UserId};
use crate::store::index::{Cursor, Match};
use crate::store::{Direction, record, session};

/// Whose sessions are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnedBy {
    /// Anybody's: all that are not closed.
    Open,
    /// Those that wait for a person.
    Queue,
    /// Those of one person.
    Person(UserId),
    /// Those that some person has.
    Human,
    /// The assistant's.
    Assistant,
    /// Nobody's: they ended.
    Closed,
}

/// What is wanted; `None` is all.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Whose.
    pub owner: Option<OwnedBy>,
    /// How the customer writes.
    pub channel: Option<Channel>,
    /// Which customer's.
    pub customer: Option<CustomerId>,
    /// What is in the customer's name, an id, or the last message, whatever the capitals.
    pub text: Option<String>,
}

/// Where a page ended: lists go from the newest activity to the oldest, and of equals by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The activity of the last one.
    pub at: Timestamp,
    /// Its id.
    pub id: SessionId,
}

/// A page of sessions.
#[derive(Debug, Default)]
pub struct Found {
    /// Newest activity first, each with its newest message.
    pub sessions: Vec<(State, Option<Preview>)>,
    /// Where the next page begins, if there is one.
    pub next: Option<Mark>,
}

impl OwnedBy {
    fn includes(self, owner: &Owner) -> bool {
        match (self, owner) {
            (Self::Open, Owner::Closed) => false,
            (Self::Open, _) | (Self::Queue, Owner::Queue) | (Self::Human, Owner::Human { .. }) => true,
            (Self::Assistant, Owner::Assistant) | (Self::Closed, Owner::Closed) => true,
            (Self::Person(wanted), Owner::Human { user, .. }) => wanted == *user,
            (Self::Queue | Self::Person(_) | Self::Human | Self::Assistant | Self::Closed, _) => false,
        }
    }
}

impl Wanted {
    /// Each change of owner is in the saved header, and the rest of this never changes.
    fn includes(&self, state: &State) -> bool {
        self.owner.is_none_or(|owner| owner.includes(&state.owner))
            && self.channel.is_none_or(|channel| channel == state.channel)
            && self.customer.as_ref().is_none_or(|customer| *customer == state.person())
    }

    fn mentions(&self, state: &State, last: Option<&Preview>) -> bool {
        let Some(text) = &self.text else { return true };
        let text = text.to_lowercase();
        let has = |place: &str| place.to_lowercase().contains(&text);
        has(state.customer.as_str())
            || has(state.key.session.as_str())
            || state.customer_name.as_ref().is_some_and(|name| has(name.as_str()))
            || last.is_some_and(|last| has(&last.text))
    }
}

impl Sessions {
    /// Sessions that were wanted, newest activity first, `limit` of them after a mark. Of more than [`OPEN_LISTED_MAX`], or
    /// behind more than [`OPEN_SCANNED_MAX`] others that began later, those that began first are not found.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn search(
        &self,
        organization: &OrganizationId,
        wanted: &Wanted,
        after: Option<&Mark>,
        limit: usize,
    ) -> Result<Found, Refusal> {
        let mut states = self.states(organization, wanted).await?;
        states.sort_by_cached_key(|state| Reverse(mark_of(state)));
        let mut found = Found::default();
        for state in states {
            let mark = mark_of(&state);
            if after.is_some_and(|after| mark >= *after) {
                continue;
            }
            let last = self.last_message(&state.key)?;
            if !wanted.mentions(&state, last.as_ref()) {
                continue;
            }
            if found.sessions.len() == limit {
                found.next = found.sessions.last().map(|(state, _)| mark_of(state));
                break;
            }
            found.sessions.push((state, last));
        }
        Ok(found)
    }

    /// By the index that leads past the fewest others: sessions that ended are most of all that there are.
    async fn states(&self, organization: &OrganizationId, wanted: &Wanted) -> Result<Vec<State>, Refusal> {
        let of_person;
        let (index, values) = match wanted.owner {
            Some(OwnedBy::Open | OwnedBy::Assistant) => {
                let includes = |state: &State| wanted.includes(state);
                return self.newest_open(organization, wanted.channel, includes).await;
            }
            Some(OwnedBy::Queue) => (session::BY_STAFF, Match::StartsWith(session::QUEUE)),
            Some(OwnedBy::Human) => (session::BY_STAFF, Match::StartsWith(session::HUMAN)),
            Some(OwnedBy::Person(user)) => {
                of_person = session::had_by(user);
                (session::BY_STAFF, Match::StartsWith(&of_person))
            }
            None | Some(OwnedBy::Closed) => (session::BY_START, Match::Any),
        };
        let (mut states, mut scanned, mut after) = (Vec::new(), 0, None::<Cursor>);
        while states.len() < OPEN_LISTED_MAX && scanned < OPEN_SCANNED_MAX {
            let backward = Direction::Backward;
            let page =
                record::by_index::<State>(&self.store, organization, index, values, after.as_ref(), STRIDE, backward);
            let page = page.map_err(unreadable)?;
            scanned += page.items.len();
            for header in page.items.into_iter().map(|found| found.record).filter(|state| wanted.includes(state)) {
                states.push(self.brought_up(header)?);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(states)
    }
}

fn mark_of(state: &State) -> Mark {
    let at = state.last_message_at.map_or(state.started_at, |at| at.max(state.started_at));
    Mark { at, id: state.key.session.clone() }
}
