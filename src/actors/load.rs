//! Brings a session's state back from the store: the saved header, and the log from there on.

use super::ids::UsedIds;
use crate::domain::evolve::{evolve, remember};
use crate::domain::memory::{Memory, TAIL_EVENTS};
use crate::domain::recent::{RECENT_IDS_MAX, RecentIds};
use crate::domain::{Event, SessionKey, State};
use crate::store::record::{self, Versioned};
use crate::store::{Store, StoreError, log};

/// The header is saved again after this many events, so that a load replays no more than about these.
pub(crate) const HEADER_EVERY_EVENTS: u64 = 64;

// One reading of the tail gives back the recent ids, and what came after a header that is as old as it may be.
const _: () = assert!(TAIL_EVENTS >= RECENT_IDS_MAX && TAIL_EVENTS as u64 >= HEADER_EVERY_EVENTS);

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
    let mut tail = log::tail::<Event>(store, key, TAIL_EVENTS)?;
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

/// The part of a state that is saved: all but what the log's tail gives back.
pub(crate) fn header(state: &State) -> State {
    State { memory: Memory::default(), recent: RecentIds::default(), ..state.clone() }
}
