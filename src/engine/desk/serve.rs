//! What people do with sessions.

use super::{Desk, Destination, Insistence, colleague};
use crate::auth::Caller;
use crate::domain::desk::event::{Priority, Skill, TeamId};
use crate::domain::{
    Body, ClientMessageId, Command, DeskCommand, Draft, Label, MessageId, Receipt, Refusal, SessionId,
};

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

    /// Gives a session back to the queue, with a private note for whoever gets it.
    ///
    /// # Errors
    /// `Conflict` when the epoch is an older one; `NotFound`, `Busy`, `Unavailable`.
    pub async fn return_to_queue(
        &self,
        caller: &Caller,
        session: &SessionId,
        note: Option<Body>,
        epoch: Option<u64>,
    ) -> Result<(), Refusal> {
        let who = colleague(caller)?;
        let note = note.map(|body| (uuid::Uuid::now_v7(), body));
        let command = Command::ReturnToQueue { visitor: who.visitor(), note, if_epoch: epoch };
        self.sessions.act(&who.key(session), command).await
    }

    /// Gives a session back to the assistant.
    ///
    /// # Errors
    /// `Conflict` when the epoch is an older one; `NotFound`, `Busy`, `Unavailable`.
    pub async fn hand_back(&self, caller: &Caller, session: &SessionId, epoch: Option<u64>) -> Result<(), Refusal> {
        let who = colleague(caller)?;
        self.sessions.act(&who.key(session), Command::HandBack { visitor: who.visitor(), if_epoch: epoch }).await
    }

    /// Closes a session and says why.
    ///
    /// # Errors
    /// `Conflict` when the epoch is an older one; `NotFound`, `Busy`, `Unavailable`.
    pub async fn close(
        &self,
        caller: &Caller,
        session: &SessionId,
        reason: Label,
        summary: Option<Body>,
        epoch: Option<u64>,
    ) -> Result<(), Refusal> {
        let visitor = colleague(caller)?.visitor();
        self.order(caller, session, DeskCommand::WrapUp { visitor, reason, summary, if_epoch: epoch }).await
    }

    /// The queue is to treat a session so; what is `None` stays, `Some(None)` takes the team away.
    ///
    /// # Errors
    /// `NotFound` for a team or session that is not; what the session refuses.
    pub async fn route(
        &self,
        caller: &Caller,
        session: &SessionId,
        priority: Option<Priority>,
        skills: Option<Vec<Skill>>,
        team: Option<Option<TeamId>>,
    ) -> Result<(), Refusal> {
        let visitor = colleague(caller)?.visitor();
        if let Some(Some(team)) = team {
            self.team(caller, team)?;
        }
        self.order(caller, session, DeskCommand::Route { visitor, priority, skills, team }).await
    }

    /// Says something to the customer; takes the session.
    ///
    /// # Errors
    /// `NotFound`; what the session refuses.
    pub async fn send(
        &self,
        caller: &Caller,
        session: &SessionId,
        body: Body,
        client_id: Option<ClientMessageId>,
    ) -> Result<Receipt, Refusal> {
        let who = colleague(caller)?;
        let draft = Draft { id: MessageId(uuid::Uuid::now_v7()), body, client_id, metadata: None };
        self.sessions.post(&who.key(session), who.visitor(), None, draft).await
    }

    /// Writes a private note; the same client id twice is one note.
    ///
    /// # Errors
    /// `NotFound`; what the session refuses.
    pub async fn note(
        &self,
        caller: &Caller,
        session: &SessionId,
        body: Body,
        client_id: Option<ClientMessageId>,
    ) -> Result<Receipt, Refusal> {
        let who = colleague(caller)?;
        let command = DeskCommand::Note { visitor: who.visitor(), id: uuid::Uuid::now_v7(), body, client_id };
        self.sessions.receipt_of(&who.key(session), Command::Desk(command)).await
    }

    /// Puts a session aside that the caller has.
    ///
    /// # Errors
    /// `NotFound`; what the session refuses.
    pub async fn hold(&self, caller: &Caller, session: &SessionId) -> Result<(), Refusal> {
        let visitor = colleague(caller)?.visitor();
        self.order(caller, session, DeskCommand::Hold { visitor }).await
    }

    /// Takes it up again.
    ///
    /// # Errors
    /// `NotFound`; what the session refuses.
    pub async fn unhold(&self, caller: &Caller, session: &SessionId) -> Result<(), Refusal> {
        let visitor = colleague(caller)?.visitor();
        self.order(caller, session, DeskCommand::Unhold { visitor }).await
    }

    /// The caller has read everything up to a message.
    ///
    /// # Errors
    /// `NotFound`; what the session refuses.
    pub async fn read(&self, caller: &Caller, session: &SessionId, upto: u64) -> Result<(), Refusal> {
        let visitor = colleague(caller)?.visitor();
        self.order(caller, session, DeskCommand::Read { visitor, upto }).await
    }

    async fn order(&self, caller: &Caller, session: &SessionId, command: DeskCommand) -> Result<(), Refusal> {
        self.sessions.act(&colleague(caller)?.key(session), Command::Desk(command)).await
    }
}
