//! What the staff is told: how things stand after a round, each thing once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Board;
use crate::domain::desk::agent::AgentCard;
use crate::domain::desk::event::OfferEnd;
use crate::domain::desk::news::{DeskNews, LISTS_MAX, Listed, Lists, Offered};
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
        let sessions = self.sessions_changed(now);
        let agents = self.people_to_tell();
        self.tell_lists(sessions, agents);
        self.tell_offers(now);
    }

    /// The sessions that everybody's lists show otherwise than before. Of the others those are told who are concerned.
    fn sessions_changed(&mut self, now: Timestamp) -> Vec<Arc<Listed>> {
        let changes = std::mem::take(&mut self.news.cases);
        let places = self.places_of(changes.keys());
        let mut of_all = Vec::new();
        for (session, Changed { case, in_lists, before }) in changes {
            let last = before.as_ref().and_then(|before| before.last.clone());
            let listed = Arc::new(self.listed_at(places.get(&session).copied(), &case, last, now));
            if in_lists {
                of_all.push(listed);
                continue;
            }
            let audience = Audience::Concerned { session, users: concerned(&case) };
            self.say(audience, DeskNews::Lists(Lists { sessions: vec![listed], agents: Vec::new() }));
        }
        of_all
    }

    /// The people who stand otherwise than was told. Whoever is gone and has nothing any more leaves the board.
    fn people_to_tell(&mut self) -> Vec<Arc<AgentCard>> {
        let mut cards = Vec::new();
        for user in std::mem::take(&mut self.news.people) {
            let Some(person) = self.people.get_mut(&user) else { continue };
            let card = Arc::new(person.card(user, self.settings.capacity));
            // Every message of a session touches whoever has it, and mostly changes nothing about them.
            let is_news = person.told.as_ref() != Some(&card);
            person.told = Some(Arc::clone(&card));
            if !person.there && person.vanished_since.is_none() && person.load() == 0 {
                // Who still has something is at work: a restart must find whose it is.
                if person.gone {
                    self.out.left.push(user);
                }
                self.people.remove(&user);
            }
            if is_news {
                cards.push(card);
            }
        }
        cards
    }

    /// One piece of news for many changes: what everybody is told is sent to each of them.
    fn tell_lists(&mut self, sessions: Vec<Arc<Listed>>, agents: Vec<Arc<AgentCard>>) {
        let (mut sessions, mut agents) = (sessions.into_iter(), agents.into_iter());
        loop {
            let sessions: Vec<_> = sessions.by_ref().take(LISTS_MAX).collect();
            let agents: Vec<_> = agents.by_ref().take(LISTS_MAX - sessions.len()).collect();
            if sessions.is_empty() && agents.is_empty() {
                return;
            }
            self.say(Audience::Everybody, DeskNews::Lists(Lists { sessions, agents }));
        }
    }

    fn offer_to(&self, user: UserId, session: &SessionId, now: Timestamp) -> Option<Offered> {
        let known = self.cases.get(session)?;
        let offer = known.case.service.offer.as_ref().filter(|offer| offer.user == user)?;
        let case = Arc::new(self.listed(&known.case, now));
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
