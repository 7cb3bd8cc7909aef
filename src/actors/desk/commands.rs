//! What people ask of a desk.

use std::sync::Arc;

use uuid::Uuid;

use super::message::Ask;
use super::{Desks, Destination, Insistence};
use crate::domain::desk::command::TransferTo;
use crate::domain::desk::event::OfferEnd;
use crate::domain::desk::{AgentCard, AgentProfile, Listed, Place, Snapshot};
use crate::domain::{
    Body, Case, Command, DeskCommand, OrganizationId, PersonName, Refusal, SessionKey, UserId, Visitor,
};

impl Desks {
    /// Takes what was offered.
    ///
    /// # Errors
    /// `Conflict`, `NotFound`, `Busy`, `Unavailable`.
    pub async fn accept(&self, key: &SessionKey, user: UserId, name: PersonName, epoch: u64) -> Result<(), Refusal> {
        let session = key.session.clone();
        let room = self.room(&key.organization);
        room.ask(|answer| Ask::Accept { session, user, name, epoch, answer }).await
    }

    /// Does not take it. What the board need not know first goes to the session.
    ///
    /// # Errors
    /// `NotFound`, `Busy`, `Unavailable`.
    pub async fn decline(&self, key: &SessionKey, user: UserId) -> Result<(), Refusal> {
        self.order(key, DeskCommand::EndOffer { user, how: OfferEnd::Declined }).await
    }

    /// Takes a session without an offer.
    ///
    /// # Errors
    /// `Conflict`, `NotFound`, `Busy`, `Unavailable`.
    pub async fn claim(
        &self,
        key: &SessionKey,
        user: UserId,
        name: PersonName,
        epoch: u64,
        insistence: Insistence,
    ) -> Result<(), Refusal> {
        let session = key.session.clone();
        let room = self.room(&key.organization);
        room.ask(|answer| Ask::Claim { session, user, name, epoch, insistence, answer }).await
    }

    /// Passes a session on.
    ///
    /// # Errors
    /// `Conflict`, `NotFound`, `Busy`, `Unavailable`.
    pub async fn transfer(
        &self,
        key: &SessionKey,
        visitor: Visitor,
        to: Destination,
        note: Option<Body>,
        epoch: Option<u64>,
    ) -> Result<(), Refusal> {
        match to {
            Destination::Agent(to) => {
                let session = key.session.clone();
                let room = self.room(&key.organization);
                room.ask(|answer| Ask::Transfer { session, visitor, to, note, epoch, answer }).await
            }
            Destination::Team(team) => {
                let (to, note_id) = (TransferTo::Team(team), Uuid::now_v7());
                self.order(key, DeskCommand::Transfer { visitor, to, note, note_id, if_epoch: epoch }).await
            }
        }
    }

    /// The desk as a person sees it.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn snapshot(&self, organization: &OrganizationId, user: UserId) -> Result<Snapshot, Refusal> {
        self.room(organization).ask(|answer| Ask::Snapshot { user, answer }).await
    }

    /// Where a waiting customer stands.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn place(&self, key: &SessionKey) -> Result<Option<Place>, Refusal> {
        let session = key.session.clone();
        self.room(&key.organization).ask(|answer| Ask::Place { session, answer }).await
    }

    /// Sessions as lists show them.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn lists(&self, organization: &OrganizationId, cases: Vec<Arc<Case>>) -> Result<Vec<Listed>, Refusal> {
        self.room(organization).ask(|answer| Ask::Lists { cases, answer }).await
    }

    /// People as lists show them, at work or not.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn cards(
        &self,
        organization: &OrganizationId,
        people: Vec<(UserId, PersonName)>,
    ) -> Result<Vec<AgentCard>, Refusal> {
        self.room(organization).ask(|answer| Ask::Cards { people, answer }).await
    }

    /// A person has another profile.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn profile_changed(&self, organization: &OrganizationId, profile: AgentProfile) -> Result<(), Refusal> {
        self.room(organization).ask(|answer| Ask::Profile { profile, answer }).await
    }

    /// There are other teams.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`.
    pub async fn teams_changed(&self, organization: &OrganizationId) -> Result<(), Refusal> {
        self.room(organization).ask(|answer| Ask::Teams { answer }).await
    }

    async fn order(&self, key: &SessionKey, command: DeskCommand) -> Result<(), Refusal> {
        self.parts.directory.ask(key, Command::Desk(command)).await.map(drop)
    }
}
