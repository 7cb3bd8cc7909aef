//! What the desk wants done, and what becomes of it.

use std::sync::Arc;

use super::known::TARGETS;
use super::{Board, News};
use crate::domain::desk::agent::{AgentCard, Availability};
use crate::domain::desk::event::Mark;
use crate::domain::{Case, Command, DeskCommand, SessionId, Timestamp, UserId};

/// The desk's own number for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u64);

/// A command for a session.
#[derive(Debug, Clone)]
pub struct Order {
    /// To be named with the answer.
    pub id: OrderId,
    /// Which session.
    pub session: SessionId,
    /// Whom it gives the session.
    pub reserve: Option<UserId>,
    /// What.
    pub command: Command,
}

/// A question to the organization's own service: who is to get this session?
#[derive(Debug, Clone)]
pub struct HookQuestion {
    /// To be named with the answer.
    pub id: OrderId,
    /// The session.
    pub case: Arc<Case>,
    /// Who may get it.
    pub eligible: Vec<AgentCard>,
}

/// What is to be carried out.
#[derive(Debug, Default)]
pub struct Orders {
    /// Commands, in order.
    pub commands: Vec<Order>,
    /// Questions.
    pub questions: Vec<HookQuestion>,
    /// What the staff is told.
    pub news: Vec<News>,
    /// People who say something else of themselves by the desk's doing, to be remembered.
    pub statuses: Vec<(UserId, Availability)>,
    /// People who are no longer at work, and have nothing any more.
    pub left: Vec<UserId>,
}

/// An order that is not answered yet.
#[derive(Debug)]
pub(super) struct InFlight {
    pub session: SessionId,
    /// Whose capacity it counts against.
    pub reserve: Option<UserId>,
    /// How the session stood when it was given.
    pub seq: u64,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// May change who has the session: there is one at a time by the desk's own doing.
    Owner,
    /// A person asked for it. A refusal says nothing about the session.
    Person,
    /// A mark on the target at this place.
    Mark(usize),
    /// The hook is asked.
    Question,
}

impl Board {
    /// What became of an order: whether the session did it. If not, or if nothing changed, the session is left alone for a
    /// while, and is to be read anew and shown to [`Board::see`].
    #[must_use]
    pub fn answered(&mut self, id: OrderId, done: bool, now: Timestamp) -> Option<SessionId> {
        let InFlight { session, seq, kind, .. } = self.end(id)?;
        if kind == Kind::Person {
            self.review(&session, now);
            return None;
        }
        let unchanged = match self.cases.get_mut(&session) {
            Some(known) if !done || known.case.seq == seq => {
                known.rest(now);
                true
            }
            Some(_) => false,
            None => !done,
        };
        self.review(&session, now);
        unchanged.then_some(session)
    }

    /// An order of a board before this one that is not answered yet.
    pub fn adopt(&mut self, id: OrderId, session: SessionId, reserve: Option<UserId>, now: Timestamp) {
        self.next_order = self.next_order.max(id.0 + 1);
        self.begin(id.0, InFlight { session: session.clone(), reserve, seq: u64::MAX, kind: Kind::Owner });
        self.refresh(&session, now);
    }

    pub(super) fn order(&mut self, session: &SessionId, reserve: Option<UserId>, command: Command, now: Timestamp) {
        self.order_as(Kind::Owner, session, reserve, command, now);
    }

    pub(super) fn order_for_person(
        &mut self,
        session: &SessionId,
        reserve: Option<UserId>,
        command: Command,
        now: Timestamp,
    ) -> OrderId {
        self.order_as(Kind::Person, session, reserve, command, now)
    }

    fn order_as(
        &mut self,
        kind: Kind,
        session: &SessionId,
        reserve: Option<UserId>,
        command: Command,
        now: Timestamp,
    ) -> OrderId {
        let id = self.give(session, reserve, kind);
        self.out.commands.push(Order { id, session: session.clone(), reserve, command });
        self.refresh(session, now);
        id
    }

    pub(super) fn order_mark(&mut self, session: &SessionId, at: usize, mark: Mark) {
        let id = self.give(session, None, Kind::Mark(at));
        let command = Command::Desk(DeskCommand::Mark { target: TARGETS[at], mark });
        self.out.commands.push(Order { id, session: session.clone(), reserve: None, command });
    }

    pub(super) fn give(&mut self, session: &SessionId, reserve: Option<UserId>, kind: Kind) -> OrderId {
        let id = self.next_order;
        self.next_order += 1;
        let seq = self.cases.get(session).map_or(0, |known| known.case.seq);
        self.begin(id, InFlight { session: session.clone(), reserve, seq, kind });
        OrderId(id)
    }

    fn begin(&mut self, id: u64, order: InFlight) {
        match order.kind {
            Kind::Mark(at) => {
                if let Some(known) = self.cases.get_mut(&order.session) {
                    known.marking[at] = true;
                }
            }
            Kind::Owner | Kind::Person | Kind::Question => *self.busy.entry(order.session.clone()).or_default() += 1,
        }
        if let Some(user) = order.reserve {
            self.hold_known(user, &order.session, |hold| hold.ordered += 1);
        }
        self.in_flight.insert(id, order);
    }

    pub(super) fn end(&mut self, id: OrderId) -> Option<InFlight> {
        let order = self.in_flight.remove(&id.0)?;
        match order.kind {
            Kind::Mark(at) => {
                if let Some(known) = self.cases.get_mut(&order.session) {
                    known.marking[at] = false;
                }
            }
            Kind::Owner | Kind::Person | Kind::Question => {
                let left = self.busy.get_mut(&order.session).map(|busy| {
                    *busy = busy.saturating_sub(1);
                    *busy
                });
                if left == Some(0) {
                    self.busy.remove(&order.session);
                }
            }
        }
        if let Some(user) = order.reserve {
            self.hold_known(user, &order.session, |hold| hold.ordered = hold.ordered.saturating_sub(1));
        }
        Some(order)
    }

    pub(super) fn is_busy(&self, session: &SessionId) -> bool {
        self.busy.contains_key(session)
    }
}
