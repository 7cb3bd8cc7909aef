//! What broke and was started again, for whoever looks after the installation: the newest ones, and how many there were.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::outbox::TargetKey;
use crate::domain::{OrganizationId, SessionKey, Timestamp};

/// The most restarts that are remembered.
pub const RESTARTS_KEPT_MAX: usize = 100;

/// How much of the reason is kept, in bytes.
const WHY_MAX_BYTES: usize = 300;

/// Something that broke and was started again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    /// What: `sessions/3`, `desk/acme`, or a session's id.
    pub actor: String,
    /// Who started it again.
    pub supervisor: String,
    /// Whose session or desk it is, if it is one.
    pub organization: Option<OrganizationId>,
    /// When.
    pub at: Timestamp,
    /// What it said.
    pub why: String,
}

impl Restart {
    /// What an administrator of that organization may know: of others' sessions, and of what all share, only where it broke.
    #[must_use]
    pub fn as_seen_in(self, organization: &OrganizationId) -> Self {
        match &self.organization {
            Some(owner) if owner == organization => self,
            Some(_) => Self { actor: self.supervisor.clone(), organization: None, why: String::new(), ..self },
            None => Self { why: String::new(), ..self },
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Restarts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    newest: VecDeque<Restart>,
    /// By supervisor.
    counts: HashMap<String, u32>,
}

impl Restarts {
    /// Keeps a session's; `of` is the supervisor that starts it again.
    pub fn note_session(&self, of: &str, session: &SessionKey, why: &str, at: Timestamp) {
        self.note(of, session.session.to_string(), Some(session.organization.clone()), why, at);
    }

    /// Keeps one of something that all organizations share.
    pub fn note_shared(&self, of: &str, actor: String, why: &str, at: Timestamp) {
        self.note(of, actor, None, why, at);
    }

    /// Keeps one of an organization's desk.
    pub fn note_desk(&self, of: &str, organization: &OrganizationId, why: &str, at: Timestamp) {
        self.note(of, format!("desk/{organization}"), Some(organization.clone()), why, at);
    }

    /// Keeps one of a target's courier.
    pub fn note_courier(&self, of: &str, target: &TargetKey, why: &str, at: Timestamp) {
        self.note(of, format!("courier/{}", target.target), Some(target.organization.clone()), why, at);
    }

    /// The newest ones, newest first.
    pub fn newest(&self) -> Vec<Restart> {
        self.lock().newest.iter().cloned().collect()
    }

    /// How many a supervisor made.
    pub fn count(&self, of: &str) -> u32 {
        self.lock().counts.get(of).copied().unwrap_or_default()
    }

    fn note(&self, of: &str, actor: String, organization: Option<OrganizationId>, why: &str, at: Timestamp) {
        let why = why.get(..why.floor_char_boundary(WHY_MAX_BYTES)).unwrap_or(why).to_owned();
        let mut kept = self.lock();
        *kept.counts.entry(of.to_owned()).or_default() += 1;
        kept.newest.push_front(Restart { actor, supervisor: of.to_owned(), organization, at, why });
        kept.newest.truncate(RESTARTS_KEPT_MAX);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_organizations_session_is_not_named() {
        let restarts = Restarts::default();
        let organization = OrganizationId::parse("acme").unwrap();
        let key = SessionKey { organization, session: crate::domain::SessionId::parse("s1").unwrap() };
        restarts.note_session("sessions/1", &key, "boom", Timestamp::from_ms(1));
        restarts.note_shared("root", "sessions/1".to_owned(), "boom", Timestamp::from_ms(2));
        let seen_in = |organization: &OrganizationId| -> Vec<(String, String)> {
            let seen = restarts.newest().into_iter().map(|restart| restart.as_seen_in(organization));
            seen.map(|restart| (restart.actor, restart.why)).collect()
        };
        let row = |actor: &str, why: &str| (actor.to_owned(), why.to_owned());
        assert_eq!(seen_in(&key.organization), [row("sessions/1", ""), row("s1", "boom")]);
        let other = OrganizationId::default_organization();
        assert_eq!(seen_in(&other), [row("sessions/1", ""), row("sessions/1", "")]);
    }

    #[test]
    fn the_newest_restarts_are_kept_and_all_are_counted() {
        let restarts = Restarts::default();
        for n in 0..150 {
            restarts.note_shared("sessions/1", format!("s{n}"), &"é".repeat(1_000), Timestamp::from_ms(n));
        }
        let newest = restarts.newest();
        assert_eq!((newest.len(), newest[0].actor.as_str()), (RESTARTS_KEPT_MAX, "s149"));
        assert!(newest[0].why.len() <= WHY_MAX_BYTES);
        assert_eq!((restarts.count("sessions/1"), restarts.count("root")), (150, 0));
    }
}
