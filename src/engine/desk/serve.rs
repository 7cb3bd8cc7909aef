//! What people do with sessions where the desk has to be asked; the rest is between a person and a session.

use super::{Desk, Destination, Insistence, colleague};
use crate::auth::Caller;
use crate::domain::{Body, Refusal, SessionId};

impl Desk {
    /// Takes what was offered to the caller.
    ///
    /// # Errors
    /// `Conflict` when it was not, no longer is, the epoch is an older one, or they have as much as they may.
    pub async fn accept(&self, caller: &Caller, session: &SessionId, epoch: u64) -> Result<(), Refusal> {
        let who = colleague(caller)?;
        self.desks.accept(&who.key(session), who.user, who.name.clone(), epoch).await
    }

    /// Does not take what was offered to the caller; nothing happens when there is no such offer.
    ///
    /// # Errors
    /// `NotFound`, `Busy`, `Unavailable`.
    pub async fn decline(&self, caller: &Caller, session: &SessionId) -> Result<(), Refusal> {
        let who = colleague(caller)?;
        self.desks.decline(&who.key(session), who.user).await
    }

    /// Takes a session without an offer: from the queue or the assistant; from another person with [`Insistence::Force`] only.
    ///
    /// # Errors
    /// `Conflict` when another person has it, the epoch is an older one, they are not at work, or have as much as they may.
    pub async fn claim(
        &self,
        caller: &Caller,
        session: &SessionId,
        epoch: u64,
        insistence: Insistence,
    ) -> Result<(), Refusal> {
        let who = colleague(caller)?;
        self.desks.claim(&who.key(session), who.user, who.name.clone(), epoch, insistence).await
    }

    /// Passes a session on, with a private note for whoever gets it.
    ///
    /// # Errors
    /// `Conflict` when the person is not there or has no room, or the epoch is an older one; `NotFound` for a team or a session that is not; the session
    /// stays where it is then.
    pub async fn transfer(
        &self,
        caller: &Caller,
        session: &SessionId,
        to: Destination,
        note: Option<Body>,
        epoch: Option<u64>,
    ) -> Result<(), Refusal> {
        let who = colleague(caller)?;
        if let Destination::Team(team) = to {
            self.team(caller, team)?;
        }
        self.desks.transfer(&who.key(session), who.visitor(), to, note, epoch).await
    }
}
