//! What the staff is told: how things stand after a round, each thing once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Board;
use crate::domain::desk::event::OfferEnd;
use crate::domain::desk::news::{DeskNews, Offered};
use crate::domain::{Case, Owner, SessionId, Timestamp, UserId};

/// Something for the staff.
#[derive(Debug, Clone)]
pub struct News {
    /// Whom it is for.
    pub audience: Audience,
    /// What.
    pub what: DeskNews,
}

/// Whom a piece of news is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everybody at work.
    Everybody,
    /// Whoever has or is offered the session, watches it, or hears of everything.
    Concerned {
        /// The session.
        session: SessionId,
        /// Who has it or is offered it.
        users: Vec<UserId>,
    },
    /// One person.
    Person(UserId),
}

/// What changed since the staff was told last.
#[derive(Debug, Default)]
pub(super) struct Pending {
    cases: BTreeMap<SessionId, Changed>,
    people: BTreeSet<UserId>,
    offers: Vec<(UserId, SessionId, Option<OfferEnd>)>,
    open: bool,
}

#[derive(Debug)]
struct Changed {
    case: Arc<Case>,
    /// Whether lists show it otherwise than before.
    in_lists: bool,
    /// What was known of it before, if it is on the board no more.
    before: Option<Arc<Case>>,
}

impl Pending {
    pub(super) const fn open_changed(&mut self) {
        self.open = true;
    }

    pub(super) fn person_changed(&mut self, user: UserId) {
        self.people.insert(user);
    }
}

impl Board {
    /// Remembers what is to be told of a change.
    pub(super) fn note_change(&mut self, before: Option<&Arc<Case>>, case: &Arc<Case>, ended: &[(UserId, OfferEnd)]) {
        let session = &case.key.session;
        let in_lists = match before {
            Some(before) => stands_otherwise(before, case),
            None => super::concerns_people(case),
        };
        match self.news.cases.get_mut(session) {
            Some(changed) => {
                changed.in_lists |= in_lists;
                changed.case = Arc::clone(case);
            }
            None => {
                let changed = Changed { case: Arc::clone(case), in_lists, before: before.cloned() };
                self.news.cases.insert(session.clone(), changed);
            }
        }
        let old = before.and_then(|before| before.service.offer.as_ref());
        let new = case.service.offer.as_ref().filter(|_| case.owner == Owner::Queue);
        for (user, how) in ended {
            self.news.offers.push((*user, session.clone(), Some(*how)));
        }
        if let Some(old) = old.filter(|old| new.is_none_or(|new| new.user != old.user || new.at != old.at))
            && !ended.iter().any(|(user, _)| *user == old.user)
        {
            let taken = matches!(&case.owner, Owner::Human { user, .. } if *user == old.user);
            let how = if taken { OfferEnd::Accepted } else { OfferEnd::Withdrawn };
            self.news.offers.push((old.user, session.clone(), Some(how)));
        }
        if let Some(new) = new.filter(|new| old.is_none_or(|old| old.user != new.user || old.at != new.at)) {
            self.news.offers.push((new.user, session.clone(), None));
        }
    }

    /// The staff looks anew by itself: what changed until now is not told.
    pub fn leave_untold(&mut self) {
        self.news = Pending::default();
    }

    /// Puts into words who is asked and who no longer is; call it when everything that was heard is taken in.
    pub fn tell_offers(&mut self, now: Timestamp) {
        for (user, session, ended) in std::mem::take(&mut self.news.offers) {
            if let Some(how) = ended {
                self.say(Audience::Person(user), DeskNews::OfferEnded { session, how });
            } else if let Some(offered) = self.offer_to(user, &session, now) {
                self.say(Audience::Person(user), DeskNews::Offer(offered));
            }
        }
    }

    /// Whether lists show anything otherwise than was told.
    pub fn has_news(&self) -> bool {
        self.news.open || !self.news.cases.is_empty() || !self.news.people.is_empty()
    }

    /// Puts everything that changed into words, each session and each person once, as they stand now.
    pub fn tell(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.news.open) {
            self.say(Audience::Everybody, DeskNews::Open(self.open));
        }
        for (session, changed) in std::mem::take(&mut self.news.cases) {
            let last = changed.before.as_ref().and_then(|before| before.last.clone());
            let listed = self.listed(&changed.case, last, now);
            let audience = if changed.in_lists {
                Audience::Everybody
            } else {
                Audience::Concerned { session, users: concerned(&changed.case) }
            };
            self.say(audience, DeskNews::Case(Arc::new(listed)));
        }
        self.tell_offers(now);
        for user in std::mem::take(&mut self.news.people) {
            let Some(person) = self.people.get(&user) else { continue };
            let card = Arc::new(person.card(user, self.settings.capacity));
            if !person.there && person.vanished_since.is_none() && person.load() == 0 {
                // Who still has something is at work: a restart must find whose it is.
                if person.gone {
                    self.out.left.push(user);
                }
                self.people.remove(&user);
            }
            // Every message of a session touches whoever has it, and mostly changes nothing about them.
            if let Some(person) = self.people.get_mut(&user) {
                if person.told.as_ref() == Some(&card) {
                    continue;
                }
                person.told = Some(Arc::clone(&card));
            }
            self.say(Audience::Everybody, DeskNews::Agent(card));
        }
    }

    fn offer_to(&self, user: UserId, session: &SessionId, now: Timestamp) -> Option<Offered> {
        let known = self.cases.get(session)?;
        let offer = known.case.service.offer.as_ref().filter(|offer| offer.user == user)?;
        let case = Arc::new(self.listed(&known.case, known.last.clone(), now));
        Some(Offered { case, until: offer.until })
    }

    fn say(&mut self, audience: Audience, what: DeskNews) {
        self.out.news.push(News { audience, what });
    }
}

/// Who has it or is offered it.
fn concerned(case: &Case) -> Vec<UserId> {
    let owner = match &case.owner {
        Owner::Human { user, .. } => Some(*user),
        Owner::Queue | Owner::Assistant | Owner::Closed => None,
    };
    owner.into_iter().chain(case.service.offer.as_ref().map(|offer| offer.user)).collect()
}

/// Whether lists of sessions show more than what was said last.
fn stands_otherwise(before: &Case, case: &Case) -> bool {
    let shown = |case: &Case| {
        let service = &case.service;
        let offered_to = service.offer.as_ref().map(|offer| offer.user);
        (service.queued_at, offered_to, service.held_since.is_some(), service.rating)
    };
    before.stream != case.stream
        || before.owner != case.owner
        || before.epoch != case.epoch
        || before.service.routing != case.service.routing
        || shown(before) != shown(case)
}
