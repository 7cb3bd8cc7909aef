//! What a customer is told whose message nobody answers now.

use super::{Answered, Sessions};
use crate::domain::{OrganizationId, Owner, Refusal, SessionKey, Visitor};

impl Sessions {
    /// The fixed text for a customer whose message no turn answers: that they wait, or that a person has the session.
    ///
    /// # Errors
    /// As [`Sessions::read`].
    pub fn standing_text(&self, key: &SessionKey, visitor: &Visitor, answered: &Answered) -> Result<String, Refusal> {
        if answered.ending.as_ref().is_some_and(|ending| !ending.said.is_empty()) {
            return Ok(String::new());
        }
        match self.read(key, visitor)?.owner {
            Owner::Human { .. } => Ok(self.policy.texts.with_human.clone()),
            Owner::Assistant | Owner::Queue | Owner::Closed => Ok(self.waiting_text(&key.organization)),
        }
    }

    /// The fixed text for a customer who waits for a person: out of business hours that nobody is there, as the notice in the
    /// session says.
    pub fn waiting_text(&self, organization: &OrganizationId) -> String {
        let policy = self.policies.of(organization);
        match policy.desk.is_open(self.clock.now()) {
            true => policy.texts.queued.clone(),
            false => policy.desk.texts.out_of_hours.clone(),
        }
    }
}
