//! What a desk is told and asked.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::actors::cell::Credit;
use crate::bus::Item;
use crate::domain::desk::board::{HookAnswer, Insistence, OrderId};
use crate::domain::desk::{AgentCard, AgentProfile, Availability, Listed, Place, Snapshot};
use crate::domain::{Body, Case, PersonName, Refusal, SessionId, UserId, Visitor};

/// Where the answer to something that people ask goes.
pub(super) type Answer<T> = oneshot::Sender<Result<T, Refusal>>;

/// A desk's mail.
pub(super) enum Message {
    /// What the bus brought; the sender goes on when it is taken in.
    Heard(VecDeque<Item>, oneshot::Sender<()>),
    /// The desk fell behind the bus.
    Fell,
    /// Somebody asks for something, and holds a place for it.
    Ask(Ask, Credit),
    /// A person's last connection is gone.
    Vanished(UserId),
    /// The organization's service has answered.
    Hooked(OrderId, HookAnswer),
    /// A second has passed.
    Second,
    /// Something is due.
    Due,
    /// What waits to be told of lists may be.
    Lists,
}

/// What people and doors ask for.
pub(super) enum Ask {
    Came {
        user: UserId,
        name: PersonName,
        status: Availability,
        answer: Answer<()>,
    },
    Status {
        user: UserId,
        status: Availability,
        answer: Answer<()>,
    },
    Dismiss {
        user: UserId,
        answer: Answer<()>,
    },
    Accept {
        session: SessionId,
        user: UserId,
        name: PersonName,
        epoch: u64,
        answer: Answer<()>,
    },
    Claim {
        session: SessionId,
        user: UserId,
        name: PersonName,
        epoch: u64,
        insistence: Insistence,
        answer: Answer<()>,
    },
    Transfer {
        session: SessionId,
        visitor: Visitor,
        to: UserId,
        note: Option<Body>,
        epoch: Option<u64>,
        answer: Answer<()>,
    },
    Profile {
        profile: AgentProfile,
        answer: Answer<()>,
    },
    Teams {
        answer: Answer<()>,
    },
    Snapshot {
        user: UserId,
        answer: Answer<Snapshot>,
    },
    Place {
        session: SessionId,
        answer: Answer<Option<Place>>,
    },
    Lists {
        cases: Vec<Arc<Case>>,
        answer: Answer<Vec<Listed>>,
    },
    Cards {
        people: Vec<(UserId, PersonName)>,
        answer: Answer<Vec<AgentCard>>,
    },
}
