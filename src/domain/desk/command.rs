//! What people and the desk want of a session, beside what [`crate::domain::Command`] names.

use uuid::Uuid;

use super::event::{Mark, OfferEnd, Priority, Skill, Summary, Target, TeamId};
use crate::domain::{Body, ClientMessageId, Label, PersonName, Timestamp, UserId, Visitor};

/// What is wanted.
#[derive(Debug, Clone)]
pub enum DeskCommand {
    /// The desk offers the waiting session to a person. Refused (`Conflict`) unless it waits under `if_epoch` with no open
    /// offer.
    Offer {
        /// The person.
        user: UserId,
        /// Their name.
        name: PersonName,
        /// Until when.
        until: Timestamp,
        /// The epoch that the desk saw.
        if_epoch: u64,
    },
    /// The offer to that person is over. Nothing happens when there is none.
    EndOffer {
        /// The person.
        user: UserId,
        /// Why.
        how: OfferEnd,
    },
    /// A person takes what was offered to them; `Conflict` when it was not, or no longer is.
    Accept {
        /// The person.
        visitor: Visitor,
        /// The epoch that they saw.
        if_epoch: u64,
    },
    /// The queue is to treat the session so; what is `None` stays.
    Route {
        /// Who says so.
        visitor: Visitor,
        /// How urgent.
        priority: Option<Priority>,
        /// What must be able to be done.
        skills: Option<Vec<Skill>>,
        /// Whose it is: `Some(None)` takes the team away.
        team: Option<Option<TeamId>>,
    },
    /// A person passes the session on. The desk has checked that the target is there and has room.
    Transfer {
        /// The person.
        visitor: Visitor,
        /// To whom.
        to: TransferTo,
        /// A private note for them.
        note: Option<Body>,
        /// The note's id, if there is one.
        note_id: Uuid,
        /// The epoch that they saw, if they say so: `Conflict` when the session has moved on since.
        if_epoch: Option<u64>,
    },
    /// A person whose connection is lost has not come back: their session waits again, before those who came later.
    Abandon {
        /// The person.
        user: UserId,
    },
    /// A private note.
    Note {
        /// Who writes.
        visitor: Visitor,
        /// Its id.
        id: Uuid,
        /// What.
        body: Body,
        /// The sender's own id: the same one twice is one note.
        client_id: Option<ClientMessageId>,
    },
    /// The person who has it puts it aside.
    Hold {
        /// The person.
        visitor: Visitor,
    },
    /// They take it up again.
    Unhold {
        /// The person.
        visitor: Visitor,
    },
    /// The visitor has read everything up to a message. Going back is nothing.
    Read {
        /// Who.
        visitor: Visitor,
        /// The `seq`.
        upto: u64,
    },
    /// A person closes the session and says why.
    WrapUp {
        /// The person.
        visitor: Visitor,
        /// Why.
        reason: Label,
        /// What came of it.
        summary: Option<Body>,
        /// The epoch that they saw, if they say so: `Conflict` when the session has moved on since.
        if_epoch: Option<u64>,
    },
    /// The customer says how it was; `Conflict` unless they were asked and have not answered.
    Rate {
        /// The customer.
        visitor: Visitor,
        /// 1..=5, checked at the door.
        score: u8,
        /// What they say besides.
        comment: Option<Body>,
    },
    /// The desk's clock says that a target came near or was missed. Nothing happens when it is not so any more.
    Mark {
        /// Which.
        target: Target,
        /// How it stands.
        mark: Mark,
    },
    /// The assistant's summary for whoever takes the session.
    Summarize {
        /// What.
        summary: Summary,
        /// The `seq` of the newest message that it has seen: an older one than the newest summary's is dropped.
        upto: u64,
    },
}

impl DeskCommand {
    /// The command's name, for logs and metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Offer { .. } => "offer",
            Self::EndOffer { .. } => "end_offer",
            Self::Accept { .. } => "accept",
            Self::Route { .. } => "route",
            Self::Transfer { .. } => "transfer",
            Self::Abandon { .. } => "abandon",
            Self::Note { .. } => "note",
            Self::Hold { .. } => "hold",
            Self::Unhold { .. } => "unhold",
            Self::Read { .. } => "read",
            Self::WrapUp { .. } => "wrap_up",
            Self::Rate { .. } => "rate",
            Self::Mark { .. } => "mark",
            Self::Summarize { .. } => "summarize",
        }
    }
}

/// To whom a session is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferTo {
    /// A person, who has it at once.
    Agent {
        /// Their account.
        user: UserId,
        /// Their name.
        name: PersonName,
    },
    /// A team, in whose queue it waits.
    Team(TeamId),
}
