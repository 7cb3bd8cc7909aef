//! Brings a session's state back from the store: the saved header, and the log from there on.

use super::ids::UsedIds;
use crate::domain::desk::case::Preview;
use crate::domain::evolve::{evolve, remember};
use crate::domain::memory::{Memory, TAIL_EVENTS, TAIL_MAX_EVENTS};
use crate::domain::recent::{RECENT_IDS_MAX, RecentIds};
use crate::domain::{Event, SessionKey, State};
use crate::store::log::Logged;
use crate::store::record::{self, Versioned};
use crate::store::{Store, StoreError, log};

/// The header is saved again after this many events, so that a load replays no more than about these.
pub(crate) const HEADER_EVERY_EVENTS: u64 = 64;

// One reading of the tail gives back the recent ids, and what came after a header that is as old as it may be.
const _: () = assert!(TAIL_EVENTS >= RECENT_IDS_MAX && TAIL_EVENTS as u64 >= HEADER_EVERY_EVENTS);

/// Events among which the newest message is looked for first.
const NEWEST_EVENTS: usize = 8;

/// A session as the store has it.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Ready for the next command.
    pub state: State,
    /// The header that is on disk, if the session has begun.
    pub saved: Option<Box<Versioned<State>>>,
    /// What is known of its client ids.
    pub ids: UsedIds,
}

/// Reads a session; one that never began comes back unborn.
///
/// # Errors
/// When the store can not be read.
pub(crate) fn load(store: &Store, key: &SessionKey) -> Result<Loaded, StoreError> {
    let Some(saved) = record::get::<State>(store, &key.organization, key.session.as_str())? else {
        return Ok(Loaded { state: State::unborn(key.clone()), saved: None, ids: UsedIds::Recent });
    };
    let mut state = saved.record.clone();
    let mut tail = tail(store, key)?;
    if tail.first().is_some_and(|first| first.seq > state.next_seq) {
        tail = log::read(store, key, state.next_seq - 1, usize::MAX)?;
    }
    for logged in tail {
        if logged.seq < state.next_seq {
            remember(&mut state, logged.seq, &logged.event);
        } else {
            evolve(&mut state, &logged.event);
        }
    }
    let ids = UsedIds::of(&state);
    Ok(Loaded { state, saved: Some(Box::new(saved)), ids })
}

/// The newest message of a session, cut, if one of its last events is a message.
///
/// # Errors
/// When the store can not be read.
pub(crate) fn newest_message(store: &Store, key: &SessionKey) -> Result<Option<Preview>, StoreError> {
    for events in [NEWEST_EVENTS, TAIL_EVENTS] {
        let tail = log::tail::<Event>(store, key, events)?;
        if let Some(found) = tail.iter().rev().find_map(|logged| Preview::of(logged.seq, &logged.event)) {
            return Ok(Some(found));
        }
        if tail.len() < events {
            break;
        }
    }
    Ok(None)
}

/// The newest events, so many that the short-term parts can be made of them. What people and the desk did stands between
/// what was said, so there are more events to a line where they are at work.
fn tail(store: &Store, key: &SessionKey) -> Result<Vec<Logged<Event>>, StoreError> {
    let tail = log::tail::<Event>(store, key, TAIL_EVENTS)?;
    let spoken = tail.iter().filter(|logged| !matches!(logged.event, Event::Desk(_))).count();
    if spoken == tail.len() || tail.first().is_none_or(|first| first.seq == 1) {
        return Ok(tail);
    }
    log::tail(store, key, TAIL_MAX_EVENTS)
}

/// The part of a state that is saved: all but what the log's tail gives back.
pub(crate) fn header(state: &State) -> State {
    State { memory: Memory::default(), recent: RecentIds::default(), ..state.clone() }
}
