//! What the desk tells the staff: how sessions and people stand, and what is offered to whom.

use std::sync::Arc;

use super::agent::AgentCard;
use super::case::{Case, Preview};
use super::event::{OfferEnd, Target};
use crate::domain::{PersonName, SessionId, Timestamp, UserId};

/// One thing for a connection of the staff. Passes: whoever missed some asks for a [`Snapshot`].
#[derive(Debug, Clone, PartialEq)]
pub enum DeskNews {
    /// Sessions and people stand so now; at most [`LISTS_MAX`] of both.
    Lists(Lists),
    /// A session is offered to the person at this connection.
    Offer(Offered),
    /// A session is no longer offered to them.
    OfferEnded {
        /// Which.
        session: SessionId,
        /// Why.
        how: OfferEnd,
    },
    /// Business hours began or ended.
    Open(bool),
    /// Who has a session open; told by whoever keeps account of it.
    Viewers {
        /// Which.
        session: SessionId,
        /// Who.
        viewers: Arc<[Viewer]>,
    },
}

/// What changed in the lists, each thing once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lists {
    /// Sessions.
    pub sessions: Vec<Arc<Listed>>,
    /// People.
    pub agents: Vec<Arc<AgentCard>>,
}

/// The most sessions and people of one [`Lists`].
pub const LISTS_MAX: usize = 200;

/// A session that is offered to whoever is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Which.
    pub case: Arc<Listed>,
    /// Until when.
    pub until: Timestamp,
}

/// A person who has a session open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Their account.
    pub user: UserId,
    /// Their name.
    pub name: PersonName,
    /// Whether they type.
    pub typing: bool,
}

/// A session in lists of the staff: the case, and what only the desk knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The session.
    pub case: Arc<Case>,
    /// Its newest message, also where the change brought none.
    pub last: Option<Preview>,
    /// Its place in the queue, from 1. It moves up as those before it are served, of which nothing is told for each.
    pub place: Option<u32>,
    /// What is promised to the customer.
    pub targets: Vec<TargetClock>,
}

/// One promise that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetClock {
    /// Which.
    pub target: Target,
    /// When it is missed; while it is paused, when it would be if it went on now.
    pub due_at: Timestamp,
    /// How it stands.
    pub state: TargetState,
}

/// How a promise stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetState {
    /// There is time.
    Running,
    /// Its clock stands still: the session is put aside.
    Paused,
    /// There is little time.
    Warned,
    /// It was missed.
    Breached,
}

/// The desk as one person sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The first [`QUEUE_SHOWN_MAX`] sessions that wait, in the order in which they are served.
    pub queue: Vec<Arc<Listed>>,
    /// How many wait.
    pub queue_total: usize,
    /// What the person has, oldest first.
    pub mine: Vec<Arc<Listed>>,
    /// What they are offered.
    pub offers: Vec<Offered>,
    /// Who is at work.
    pub agents: Vec<Arc<AgentCard>>,
    /// Whether it is within business hours.
    pub open: bool,
}

/// The most waiting sessions that a snapshot shows.
pub const QUEUE_SHOWN_MAX: usize = 200;

/// Where a waiting customer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub place: u32,
    /// How long it may take; unknown when too little was seen or nobody is there.
    pub estimated_wait_s: Option<u32>,
    /// Whether it is within business hours.
    pub open: bool,
}
