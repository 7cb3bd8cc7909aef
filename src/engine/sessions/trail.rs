//! What happened, for those who follow more than one session: an organization's feed by position, and each session's log with
//! its times.

use std::sync::Arc;

use super::{Sessions, unreadable};
use crate::bus::{Attendance, Item, Outbox, OutboxLimits, Subscription, Watch};
use crate::domain::{Event, OrganizationId, Refusal, SessionKey, State, UserId};
use crate::store::{feed, log, record};

pub use crate::store::Logged;

/// Feed entries that are read at once.
const STRETCH_MAX_ENTRIES: usize = 512;

/// A stretch of the feed: what one organization's sessions added to their logs.
#[derive(Debug)]
pub struct Stretch {
    /// In commit order.
    pub changes: Vec<Change>,
    /// Where the next stretch begins.
    pub next: u64,
}

/// What one commit added to one session's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The feed's position behind it.
    pub position: u64,
    /// Whose log.
    pub key: SessionKey,
    /// The `seq` of the first new event.
    pub first: u64,
    /// How many are new.
    pub count: u32,
}

impl Sessions {
    /// A queue for a connection, which listens to nothing yet.
    pub fn outbox(&self, limits: OutboxLimits) -> Arc<Outbox> {
        self.bus.outbox(limits)
    }

    /// Lets a queue listen to a session. The caller may see it.
    pub fn join(&self, key: &SessionKey, outbox: &Arc<Outbox>) -> Subscription {
        self.bus.join(key, outbox)
    }

    /// Lets a queue hear of every commit in the organization.
    pub fn watch(&self, organization: &OrganizationId, outbox: &Arc<Outbox>) -> Watch {
        self.bus.watch(organization, outbox)
    }

    /// Lets a queue hear of every commit in a person's sessions.
    pub fn attend(&self, organization: &OrganizationId, user: UserId, outbox: &Arc<Outbox>) -> Attendance {
        self.bus.attend(organization, user, outbox)
    }

    /// Marks a queue with how far the feed has been told, if that is further than `since`.
    pub fn mark(&self, outbox: &Outbox, since: u64) {
        let told = self.bus.told();
        if told > since {
            outbox.push(Item::Told(told));
        }
    }

    /// The position that the next commit gets.
    pub fn feed_end(&self) -> u64 {
        *self.store.feed_end().borrow()
    }

    /// What an organization's sessions added to their logs from a position on, up to another one; `None` where the feed
    /// does not reach back so far, or not so far forward.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn stretch(&self, organization: &OrganizationId, from: u64, end: u64) -> Result<Option<Stretch>, Refusal> {
        if from >= end {
            return Ok((from == end).then(|| Stretch { changes: Vec::new(), next: end }));
        }
        let entries = feed::read(&self.store, from, STRETCH_MAX_ENTRIES).map_err(unreadable)?;
        if entries.first().is_none_or(|(position, _)| *position != from) {
            return Ok(None);
        }
        let next = entries.last().map_or(end, |(position, _)| position + 1).min(end);
        let ours = entries.into_iter().filter(|(at, entry)| *at < end && entry.organization == *organization);
        let change = |(at, entry): (u64, crate::store::FeedEntry)| Change {
            position: at + 1,
            key: SessionKey { organization: entry.organization, session: entry.session },
            first: entry.first,
            count: entry.count,
        };
        Ok(Some(Stretch { changes: ours.map(change).collect(), next }))
    }

    /// Whether there is such a session.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub fn exists(&self, key: &SessionKey) -> Result<(), Refusal> {
        self.header(key)?.map(drop).ok_or(Refusal::NotFound { what: "session" })
    }

    fn header(&self, key: &SessionKey) -> Result<Option<State>, Refusal> {
        let found = record::get::<State>(&self.store, &key.organization, key.session.as_str()).map_err(unreadable)?;
        Ok(found.map(|found| found.record))
    }

    /// Up to `limit` events after `after`, oldest first, with their times. The caller may see the session.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn log(&self, key: &SessionKey, after: u64, limit: usize) -> Result<Vec<Logged<Event>>, Refusal> {
        log::read(&self.store, key, after, limit).map_err(unreadable)
    }
}
