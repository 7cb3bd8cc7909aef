//! What people ask of the desk, which knows who is there and who has room.

use uuid::Uuid;

use super::person::Person;
use super::{Board, OrderId};
use crate::domain::desk::agent::Availability;
use crate::domain::desk::command::TransferTo;
use crate::domain::{Body, Command, DeskCommand, Owner, PersonName, Refusal, SessionId, Timestamp, UserId, Visitor};

/// Whether a session is taken from another person too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insistence {
    /// No.
    Ask,
    /// Yes.
    Force,
}

impl Board {
    /// A person takes what was offered to them. Whether it was, the session knows; it counts already.
    pub fn accept(
        &mut self,
        session: &SessionId,
        user: UserId,
        name: PersonName,
        if_epoch: u64,
        now: Timestamp,
    ) -> OrderId {
        let command = DeskCommand::Accept { visitor: Visitor::Staff { user, name }, if_epoch };
        // What was never offered holds no place for them: the session refuses it.
        let counts = self.people.get(&user).is_some_and(|person| person.has(session));
        self.order_for_person(session, counts.then_some(user), Command::Desk(command), now)
    }

    /// A person takes a session without an offer.
    ///
    /// # Errors
    /// `Conflict` when they are not at work, have no room, or another person has it and they do not insist.
    pub fn claim(
        &mut self,
        session: &SessionId,
        user: UserId,
        name: PersonName,
        if_epoch: u64,
        insistence: Insistence,
        now: Timestamp,
    ) -> Result<OrderId, Refusal> {
        let Some(person) = self.people.get(&user).filter(|person| person.there) else {
            return Err(Refusal::conflict("you are not at work"));
        };
        let Some(bound) = self.bound_to_room(person, session) else {
            return Err(Refusal::conflict("you have as many sessions as you may"));
        };
        if insistence == Insistence::Ask && self.owner_of(session).is_some_and(|owner| owner != user) {
            return Err(Refusal::conflict("another person has the session"));
        }
        let if_epoch = Some(bound.unwrap_or(if_epoch));
        let command = Command::TakeOver { visitor: Visitor::Staff { user, name }, if_epoch };
        Ok(self.order_for_person(session, Some(user), command, now))
    }

    /// A person passes a session on to another one.
    ///
    /// # Errors
    /// `Conflict` when that person is not there or has no room.
    pub fn transfer(
        &mut self,
        session: &SessionId,
        visitor: Visitor,
        to: UserId,
        note: Option<(Uuid, Body)>,
        if_epoch: Option<u64>,
        now: Timestamp,
    ) -> Result<OrderId, Refusal> {
        let Some(person) = self.people.get(&to).filter(|person| person.there && person.status != Availability::Away)
        else {
            return Err(Refusal::conflict("that person is not there"));
        };
        let Some(bound) = self.bound_to_room(person, session) else {
            return Err(Refusal::conflict("that person has as many sessions as they may"));
        };
        let if_epoch = bound.or(if_epoch);
        let target = TransferTo::Agent { user: to, name: person.name.clone() };
        let (note_id, note) = note.map_or((Uuid::nil(), None), |(id, body)| (id, Some(body)));
        let command = DeskCommand::Transfer { visitor, to: target, note, note_id, if_epoch };
        Ok(self.order_for_person(session, Some(to), Command::Desk(command), now))
    }

    /// Whether a session may be given to a person: no, or yes, or only if it still stands as the board knows it. Whoever has
    /// it counts it already; but who has more than they may, by writing, may have lost this one since to somebody else's
    /// words, and must not get it back beyond their capacity.
    fn bound_to_room(&self, person: &Person, session: &SessionId) -> Option<Option<u64>> {
        let capacity = person.capacity(self.settings.capacity);
        match person.load() {
            load if load < capacity || (person.has(session) && load == capacity) => Some(None),
            _ if person.has(session) => self.cases.get(session).map(|known| Some(known.case.epoch)),
            _ => None,
        }
    }

    /// The person who has a session, as far as the board knows.
    pub fn owner_of(&self, session: &SessionId) -> Option<UserId> {
        match &self.cases.get(session)?.case.owner {
            Owner::Human { user, .. } => Some(*user),
            Owner::Queue | Owner::Assistant | Owner::Closed => None,
        }
    }
}
