//! What concerns a person of the staff: every commit of a session that they have, are offered or have just lost, whether they
//! knew of it before or not. Nobody has to ask for a session in time, so none is missed.

use std::sync::Arc;

use super::{Bus, Entry, Item, Outbox, leave};
use crate::domain::{DeskEvent, Event, OrganizationId, Owner, UserId};

/// Hears of a person's sessions until it is dropped.
#[derive(Debug)]
pub struct Attendance {
    bus: Arc<Bus>,
    person: (OrganizationId, UserId),
    outbox: Arc<Outbox>,
}

impl Drop for Attendance {
    fn drop(&mut self) {
        leave(&self.bus.people, &self.person, &self.outbox);
    }
}

impl Bus {
    /// Hears of a person's sessions from now on. A commit may come again by another way of listening, under the same
    /// position.
    pub fn attend(self: &Arc<Self>, organization: &OrganizationId, user: UserId, outbox: &Arc<Outbox>) -> Attendance {
        let person = (organization.clone(), user);
        self.people.entry(person.clone()).or_default().push(Arc::clone(outbox));
        Attendance { bus: Arc::clone(self), person, outbox: Arc::clone(outbox) }
    }

    pub(super) fn tell_people(&self, entry: &Arc<Entry>) {
        let mut concerned: Vec<UserId> = entry.events.iter().filter_map(|one| concerned(&one.event)).collect();
        if let Some(case) = &entry.case {
            concerned.extend(owner(&case.owner));
            concerned.extend(case.service.offer.as_ref().map(|offer| offer.user));
            concerned.extend(case.service.last_agent);
        }
        concerned.sort_unstable();
        concerned.dedup();
        for user in concerned {
            if let Some(hub) = self.people.get(&(entry.key.organization.clone(), user)) {
                hub.iter().for_each(|outbox| outbox.push(Item::Entry(Arc::clone(entry))));
            }
        }
    }
}

/// The person to whom an event gives a session, or from whom it takes one.
pub fn concerned(event: &Event) -> Option<UserId> {
    match event {
        Event::OwnerMoved { owner: moved_to, .. } => owner(moved_to),
        Event::Desk(DeskEvent::Offered(offer)) => Some(offer.user),
        Event::Desk(DeskEvent::OfferEnded { user, .. }) => Some(*user),
        Event::Started(_)
        | Event::Posted(_)
        | Event::TurnEnded { .. }
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. }
        | Event::Desk(_) => None,
    }
}

const fn owner(owner: &Owner) -> Option<UserId> {
    match owner {
        Owner::Human { user, .. } => Some(*user),
        Owner::Assistant | Owner::Queue | Owner::Closed => None,
    }
}
