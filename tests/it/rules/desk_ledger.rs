//! The ledger's page about people: offers, pauses, readers, clocks, ratings. Naive on purpose: it counts what the log says
//! from the beginning, and knows nothing of how the rules keep it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use switchboard::domain::desk::DeskEvent;
use switchboard::domain::desk::event::{Mark, OfferEnd, Reader, Target};
use switchboard::domain::desk::service::{RatingState, Service};
use switchboard::domain::desk::settings::RatingPolicy;
use switchboard::domain::{Author, Message, Owner, UserId};

/// What the log says about people so far.
#[derive(Debug, Default)]
pub(super) struct DeskLedger {
    /// To whom the session is offered.
    pub offer: Option<UserId>,
    /// Whose offer ended as accepted in this decision.
    accepted: Option<UserId>,
    held: bool,
    /// The customer's messages.
    customer: BTreeSet<u64>,
    read_by_staff: u64,
    read_by_customer: u64,
    /// Whether people have to do with it, since it was last with the assistant or nobody.
    stay: bool,
    person_wrote: bool,
    customer_wrote_since: bool,
    marks: Vec<(Target, Mark)>,
    asked: bool,
    scores: Vec<u8>,
    person_wrote_since_asked: bool,
    pub ratings: usize,
}

impl DeskLedger {
    pub(super) fn desk(&mut self, event: &DeskEvent, owner: &Owner, rating: RatingPolicy) -> Result<(), TestCaseError> {
        match event {
            DeskEvent::Offered(offer) => {
                prop_assert_eq!(owner, &Owner::Queue, "offered though nobody waits");
                prop_assert_eq!(self.offer, None, "offered to two");
                self.offer = Some(offer.user);
            }
            DeskEvent::OfferEnded { user, how, .. } => {
                prop_assert_eq!(self.offer.take(), Some(*user), "an offer ended that was not open");
                self.accepted = (*how == OfferEnd::Accepted).then_some(*user);
            }
            DeskEvent::Held { user, .. } => {
                let has = matches!(owner, Owner::Human { user: owner, .. } if owner == user);
                prop_assert!(has && !self.held, "put aside by {:?} of {:?}", user, owner);
                self.held = true;
            }
            DeskEvent::Unheld { .. } => {
                prop_assert!(std::mem::take(&mut self.held), "taken up without being put aside");
            }
            DeskEvent::Read { reader, upto, .. } => self.read(*reader, *upto)?,
            DeskEvent::RatingAsked { .. } => self.asked(owner, rating)?,
            DeskEvent::Rated(rating) => {
                prop_assert!(std::mem::take(&mut self.asked), "rated without being asked, or twice");
                self.ratings += 1;
                self.scores.push(rating.score);
            }
            DeskEvent::Target { target, mark, .. } => {
                prop_assert!(!self.held && self.stay, "a clock that does not run struck");
                let passed = self.marks.iter().any(|(known, had)| known == target && had >= mark);
                prop_assert!(!passed, "the same was said of a target twice");
                self.marks.push((*target, *mark));
            }
            DeskEvent::Routed { .. }
            | DeskEvent::Noted(_)
            | DeskEvent::WrappedUp { .. }
            | DeskEvent::Summarized { .. } => {}
        }
        Ok(())
    }

    pub(super) fn moved(&mut self, owner: &Owner) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.offer, None, "an offer outlived the queue");
        prop_assert!(!self.held, "a session went on while it was put aside");
        if let Some(user) = self.accepted.take() {
            let has = matches!(owner, Owner::Human { user: owner, .. } if *owner == user);
            prop_assert!(has, "who accepted does not have it");
        }
        let people = matches!(owner, Owner::Queue | Owner::Human { .. });
        if !people || !self.stay {
            (self.person_wrote, self.customer_wrote_since) = (false, false);
            self.marks.clear();
        }
        self.stay = people;
        Ok(())
    }

    pub(super) fn posted(&mut self, seq: u64, message: &Message) -> Result<(), TestCaseError> {
        match &message.author {
            Author::Customer => {
                prop_assert!(!self.held, "the customer wrote and it stayed aside");
                self.customer.insert(seq);
                self.customer_wrote_since = self.stay && self.person_wrote;
            }
            Author::Agent { .. } => {
                (self.person_wrote, self.customer_wrote_since, self.person_wrote_since_asked) = (true, false, true);
                self.marks.retain(|(target, _)| *target == Target::Resolution);
                self.read_by_staff = seq;
            }
            Author::Assistant | Author::Notice(_) => {}
        }
        Ok(())
    }

    /// The state agrees with what the log says.
    pub(super) fn judge(&self, service: Option<&Service>, owner: &Owner) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.accepted, None, "an offer was accepted and nobody has the session");
        let Some(service) = service else {
            prop_assert!(!self.stay && self.offer.is_none() && !self.held && !self.asked && self.ratings == 0);
            return Ok(());
        };
        prop_assert_eq!(service.offer.as_ref().map(|offer| offer.user), self.offer);
        prop_assert_eq!(service.is_held(), self.held);
        prop_assert_eq!(service.queued_at.is_some() || *owner != Owner::Queue, true, "waits since never");
        let clocks = &service.promises;
        prop_assert_eq!(clocks.resolution.is_some(), self.stay);
        prop_assert_eq!(clocks.first_response.is_some(), self.stay && !self.person_wrote);
        prop_assert_eq!(clocks.next_response.is_some(), self.stay && self.customer_wrote_since);
        let rating = match (self.asked, self.scores.last()) {
            (true, _) => RatingState::Asked,
            (false, Some(score)) => RatingState::Given(*score),
            (false, None) => RatingState::NotAsked,
        };
        prop_assert_eq!(service.rating, rating);
        self.judge_readers(service)
    }

    fn judge_readers(&self, service: &Service) -> Result<(), TestCaseError> {
        prop_assert!(service.read_by_customer == self.read_by_customer);
        let unread = self.customer.iter().filter(|seq| **seq > self.read_by_staff).count();
        let exact = self.read_by_staff == 0 || self.read_by_staff >= service.tracked_after;
        prop_assert!(service.unread as usize >= unread, "an unread message is not counted");
        prop_assert!(!exact || service.unread as usize == unread, "{} unread, not {}", service.unread, unread);
        Ok(())
    }

    fn read(&mut self, reader: Reader, upto: u64) -> Result<(), TestCaseError> {
        let known = match reader {
            Reader::Customer => &mut self.read_by_customer,
            Reader::Agent(_) => &mut self.read_by_staff,
        };
        prop_assert!(upto > *known, "what was read is unread again");
        *known = upto;
        Ok(())
    }

    fn asked(&mut self, owner: &Owner, rating: RatingPolicy) -> Result<(), TestCaseError> {
        prop_assert_eq!(owner, &Owner::Closed, "asked in the middle");
        prop_assert!(!std::mem::replace(&mut self.asked, true), "asked while the question was open");
        let anew = std::mem::take(&mut self.person_wrote_since_asked);
        let wanted = match rating {
            RatingPolicy::Never => false,
            RatingPolicy::Human => anew,
            RatingPolicy::Always => anew || self.ratings == 0,
        };
        prop_assert!(wanted, "asked against the settings, or again for the same stay");
        Ok(())
    }
}
