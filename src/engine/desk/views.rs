//! Sessions and people as lists show them.

use std::sync::Arc;

use super::{Desk, colleague};
use crate::auth::Caller;
use crate::domain::desk::case::Preview;
use crate::domain::desk::{AgentCard, Listed};
use crate::domain::{Case, Refusal, SessionId, State};

impl Desk {
    /// A session as it stands now, for an answer.
    ///
    /// # Errors
    /// `NotFound`, `Busy`, `Unavailable`.
    pub async fn listed(&self, caller: &Caller, session: &SessionId) -> Result<Listed, Refusal> {
        let who = colleague(caller)?;
        let key = who.key(session);
        let state = self.sessions.read(&key, &who.visitor())?;
        let last = self.sessions.last_message(&key)?;
        let mut listed = self.lists(caller, vec![(state, last)]).await?;
        listed.pop().ok_or(Refusal::NotFound { what: "session" })
    }

    /// Sessions of the caller's organization, as lists show them: each state with its newest message.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn lists(&self, caller: &Caller, states: Vec<(State, Option<Preview>)>) -> Result<Vec<Listed>, Refusal> {
        let who = colleague(caller)?;
        let cases = states.into_iter().map(|(state, last)| Arc::new(Case::of(&state, last))).collect();
        self.desks.lists(who.organization, cases).await
    }

    /// Everybody of the staff, at work or not, by name.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn agents(&self, caller: &Caller) -> Result<Vec<AgentCard>, Refusal> {
        let who = colleague(caller)?;
        let staff = self.staff(who.organization)?;
        self.desks.cards(who.organization, staff).await
    }
}
