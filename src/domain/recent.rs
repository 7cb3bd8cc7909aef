//! The newest client ids of a session, and what they became. Nearly every message asks whether its id is among them, and
//! nearly always it is not: one look through a row of short fingerprints says so.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::{ClientMessageId, MessageId, UserId};

/// How many of the newest client ids are answered from memory; older ones are asked of the store.
pub const RECENT_IDS_MAX: usize = 64;

/// A recent client id: who used it, and what it became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentId {
    /// The staff member who sent it, or `None` for the customer.
    pub user: Option<UserId>,
    /// The sender's id.
    pub client_id: ClientMessageId,
    /// The message it became.
    pub message: MessageId,
    /// Where it stands.
    pub seq: u64,
}

/// The newest ids, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentIds {
    ids: VecDeque<RecentId>,
    /// Of each of them, in the same order.
    fingerprints: VecDeque<u32>,
}

impl RecentIds {
    /// Adds an id; the oldest one goes when there are too many.
    pub fn push(&mut self, id: RecentId) {
        if self.ids.len() == RECENT_IDS_MAX {
            self.ids.pop_front();
            self.fingerprints.pop_front();
        }
        self.fingerprints.push_back(fingerprint(&id.client_id));
        self.ids.push_back(id);
    }

    /// The newest message with this client id of this sender.
    pub fn find(&self, user: Option<UserId>, client_id: &ClientMessageId) -> Option<&RecentId> {
        if !self.fingerprints.contains(&fingerprint(client_id)) {
            return None;
        }
        self.ids.iter().rev().find(|known| known.user == user && known.client_id == *client_id)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &RecentId> {
        self.ids.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// Only a first comparison: what collides costs time and nothing else.
fn fingerprint(client_id: &ClientMessageId) -> u32 {
    let hash = FixedState::default().hash_one(client_id.as_str());
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recent(n: usize, user: Option<UserId>) -> RecentId {
        let client_id = ClientMessageId::parse(&format!("m{n}")).unwrap();
        RecentId { user, client_id, message: MessageId(uuid::Uuid::from_u128(n as u128)), seq: n as u64 }
    }

    #[test]
    fn the_newest_ids_are_found_under_their_own_sender_and_the_oldest_one_goes() {
        let mut ids = RecentIds::default();
        let agent = Some(UserId(uuid::Uuid::from_u128(7)));
        for n in 0..=RECENT_IDS_MAX {
            ids.push(recent(n, None));
        }
        assert_eq!(ids.len(), RECENT_IDS_MAX);
        assert_eq!(ids.find(None, &recent(0, None).client_id), None);
        for n in 1..=RECENT_IDS_MAX {
            let known = recent(n, None);
            assert_eq!(ids.find(None, &known.client_id), Some(&known));
            assert_eq!(ids.find(agent, &known.client_id), None);
        }
    }
}
