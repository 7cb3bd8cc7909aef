//! The client ids that a session has used, as far as its actor knows all of them. Then the store need not look for each new
//! one: that no other writer used it meanwhile is what the log's next place, expected to be free, stands for.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;

use crate::domain::recent::RECENT_IDS_MAX;
use crate::domain::{ClientMessageId, State, UserId};

/// From this many ids on a filter is kept beside the recent ones. Below, an idle session pays nothing.
const FILTER_FROM_IDS: usize = RECENT_IDS_MAX / 2;

/// The most ids in a filter: of so many, 1 in 30 new ones is taken for a used one. After that the store is asked again.
const FILTER_MAX_IDS: usize = 4096;

const FILTER_WORDS: usize = FILTER_MAX_IDS * 8 / 64;

/// See the module.
#[derive(Debug)]
pub(crate) enum UsedIds {
    /// All of them are among the state's recent ones.
    Recent,
    /// All of them are in the filter.
    Filtered(Box<Filter>),
    /// There may be others.
    Unknown,
}

impl UsedIds {
    /// What is known after a load.
    pub(crate) fn of(state: &State) -> Self {
        if state.forgot_ids() { Self::Unknown } else { Self::Recent }
    }

    /// Takes in an id that the rules found to be new and the state has taken in already. Tells whether it is certain that
    /// it was never used before.
    pub(crate) fn take_in(&mut self, state: &State, user: Option<UserId>, id: &ClientMessageId) -> bool {
        match self {
            Self::Recent if state.forgot_ids() => *self = Self::Unknown,
            Self::Recent => {
                if state.recent.len() >= FILTER_FROM_IDS {
                    let mut filter = Box::<Filter>::default();
                    for known in state.recent.iter() {
                        filter.insert(known.user, &known.client_id);
                    }
                    *self = Self::Filtered(filter);
                }
                return true;
            }
            Self::Filtered(filter) if filter.ids < FILTER_MAX_IDS => return filter.insert(user, id),
            Self::Filtered(_) => *self = Self::Unknown,
            Self::Unknown => {}
        }
        false
    }

    /// What it takes in memory.
    pub(crate) const fn bytes(&self) -> usize {
        match self {
            Self::Recent | Self::Unknown => 0,
            Self::Filtered(_) => size_of::<Filter>(),
        }
    }
}

/// A Bloom filter: what it does not know was never put in.
#[derive(Debug)]
pub(crate) struct Filter {
    bits: [u64; FILTER_WORDS],
    ids: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self { bits: [0; FILTER_WORDS], ids: 0 }
    }
}

impl Filter {
    /// Puts an id in. Tells whether it was certainly not there.
    fn insert(&mut self, user: Option<UserId>, id: &ClientMessageId) -> bool {
        let mut hash = FixedState::default().hash_one((user, id));
        let mut new = false;
        for _ in 0..3 {
            let bit = 1 << (hash % 64);
            let word = &mut self.bits[(hash / 64) as usize % FILTER_WORDS];
            new |= *word & bit == 0;
            *word |= bit;
            hash >>= 20;
        }
        self.ids += 1;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Author, Body, Event, Message, MessageId, OrganizationId, SessionId, SessionKey, Timestamp, evolve,
    };

    fn id(n: usize) -> ClientMessageId {
        ClientMessageId::parse(&format!("message {n}")).unwrap()
    }

    #[test]
    fn a_used_id_is_never_taken_for_a_new_one_and_new_ones_seldom_for_used_ones() {
        let mut filter = Filter::default();
        for n in 0..FILTER_MAX_IDS {
            filter.insert(None, &id(n));
        }
        for n in 0..FILTER_MAX_IDS {
            assert!(!filter.insert(None, &id(n)));
        }
        let new = (FILTER_MAX_IDS..FILTER_MAX_IDS + 100).filter(|n| filter.insert(None, &id(*n))).count();
        assert!(new > 85, "{new} of 100");
    }

    fn post(state: &mut State, n: usize) {
        let message = Message {
            id: MessageId(uuid::Uuid::nil()),
            author: Author::Customer,
            body: Body::parse("text", "hello").unwrap(),
            at: Timestamp::default(),
            client_id: Some(id(n)),
            reading: None,
            sources: Vec::new(),
            cached: false,
            asks_for: None,
            metadata: None,
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        };
        evolve(state, &Event::Posted(message));
    }

    #[test]
    fn an_id_that_the_session_let_go_of_is_still_known() {
        let session = SessionId::parse("s").unwrap();
        let mut state = State::unborn(SessionKey { organization: OrganizationId::default_organization(), session });
        let mut ids = UsedIds::of(&state);
        for n in 0..3 * RECENT_IDS_MAX {
            post(&mut state, n);
            assert!(ids.take_in(&state, None, &id(n)), "{n} is new");
        }
        assert!(state.forgot_ids());
        assert!(!ids.take_in(&state, None, &id(0)));
        assert!(!UsedIds::of(&state).take_in(&state, None, &id(9999)), "nothing is certain after a load");
    }
}
