//! Which sessions' customers are there: how many connections of theirs there are to each. Lives as long as the process does.

use dashmap::DashMap;
use foldhash::quality::RandomState;

use crate::domain::SessionKey;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Presence(DashMap<SessionKey, usize, RandomState>);

impl Presence {
    /// A connection of the customer's more.
    pub(super) fn comes(&self, key: &SessionKey) {
        *self.0.entry(key.clone()).or_default() += 1;
    }

    /// One less.
    pub(super) fn goes(&self, key: &SessionKey) {
        if let Some(mut count) = self.0.get_mut(key) {
            *count = count.saturating_sub(1);
        }
        self.0.remove_if(key, |_, count| *count == 0);
    }

    /// Whether there is any.
    pub(super) fn has(&self, key: &SessionKey) -> bool {
        self.0.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationId, SessionId};

    #[test]
    fn a_customer_is_there_until_their_last_connection_ends() {
        let organization = OrganizationId::default_organization();
        let key = SessionKey { organization, session: SessionId::parse("s").unwrap() };
        let presence = Presence::default();
        presence.comes(&key);
        presence.comes(&key);
        presence.goes(&key);
        assert!(presence.has(&key));
        presence.goes(&key);
        presence.goes(&key);
        assert!(!presence.has(&key));
        assert!(presence.0.is_empty(), "nothing is kept of who left");
    }
}
