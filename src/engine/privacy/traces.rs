//! Ids of erased customers and sessions where others name them: pages of the feed, entries of the audit log. What was done
//! stays to be seen, and to whom does not.

use std::collections::HashSet;

use crate::domain::audit::Target;
use crate::domain::{AuditEntry, CustomerId, OrganizationId, SessionId};
use crate::store::index::Cursor;
use crate::store::{Batch, Direction, Store, StoreError, feed, record};

/// Audit entries that are looked at at once.
const ENTRIES_AT_ONCE: usize = 512;

/// Pages of the feed that are looked at at once.
const PAGES_AT_ONCE: usize = 64;

/// The names that are to go.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) organization: OrganizationId,
    pub(super) customers: HashSet<CustomerId>,
    pub(super) sessions: HashSet<SessionId>,
    /// What stands there afterwards.
    pub(super) pseudonym: String,
}

/// What was changed, and where to look on; nowhere once everything was looked at.
#[derive(Debug)]
pub(super) struct Cleaned<P> {
    pub(super) batch: Batch,
    pub(super) changed: usize,
    pub(super) next: Option<P>,
}

impl Names {
    /// The next pages of the feed.
    pub(super) fn in_feed(&self, store: &Store, from: u64) -> Result<Cleaned<u64>, StoreError> {
        let mut batch = Batch::default();
        let pseudonym = SessionId::parse(&self.pseudonym).ok();
        let is_theirs =
            |entry: &feed::FeedEntry| entry.organization == self.organization && self.sessions.contains(&entry.session);
        let rename = |entry: &feed::FeedEntry| pseudonym.clone().filter(|_| is_theirs(entry));
        let (changed, next) = feed::rename(store, &mut batch, from, PAGES_AT_ONCE, rename)?;
        Ok(Cleaned { batch, changed, next })
    }

    /// The next entries of the audit log.
    pub(super) fn in_audit(&self, store: &Store, after: Option<&Cursor>) -> Result<Cleaned<Cursor>, StoreError> {
        let page = record::all::<AuditEntry>(store, &self.organization, after, ENTRIES_AT_ONCE, Direction::Forward)?;
        let (mut batch, mut changed) = (Batch::default(), 0);
        for found in page.items {
            if let Some(on) = self.without(&found.record.on) {
                record::update(&mut batch, &found, &AuditEntry { on, ..found.record.clone() })?;
                changed += 1;
            }
        }
        Ok(Cleaned { batch, changed, next: page.next })
    }

    /// The target without the names, if it holds any.
    fn without(&self, on: &Target) -> Option<Target> {
        // A customer's account: its name there is their e-mail address.
        if on.kind == "user" && CustomerId::parse(&on.id).is_ok_and(|id| self.customers.contains(&id)) {
            let pseudonym = self.pseudonym.clone();
            return Some(Target { kind: on.kind.clone(), id: pseudonym.clone(), name: Some(pseudonym) });
        }
        let is_gone = |text: &str| match on.kind.as_str() {
            "customer" => CustomerId::parse_any(text).is_ok_and(|id| self.is_theirs(&id)),
            "session" => SessionId::parse(text).is_ok_and(|id| self.sessions.contains(&id)),
            _ => false,
        };
        let renamed = |text: &String| if is_gone(text) { self.pseudonym.clone() } else { text.clone() };
        let new = Target { kind: on.kind.clone(), id: renamed(&on.id), name: on.name.as_ref().map(renamed) };
        (new != *on).then_some(new)
    }

    fn is_theirs(&self, id: &CustomerId) -> bool {
        let visitors = || id.visitors_session().is_some_and(|session| self.sessions.contains(&session));
        self.customers.contains(id) || visitors()
    }
}
