//! Who is asked for whom.

use super::Board;
use super::queue::QueueKey;
use crate::domain::desk::settings::Assignment;
use crate::domain::{Command, DeskCommand, SessionId, Timestamp, UserId};

impl Board {
    /// Offers whoever waits to whoever has room for them, in the order of the queue, until there is no such pair.
    pub fn settle(&mut self, now: Timestamp) {
        self.follow_answers(now);
        if self.settings.policy == Assignment::Manual {
            self.wanted.clear();
            self.looking.clear();
            return;
        }
        self.looking.retain(|user| {
            let capacity = self.settings.capacity;
            self.people.get(user).is_some_and(|person| person.takes_offers() && person.has_room(capacity))
        });
        while let Some(session) = self.next_to_offer(now) {
            let able = self.able(&session, now);
            if self.asks_hook(now) {
                self.ask_hook(&session, &able, now);
            } else if let Some(user) = self.choose(&session, &able) {
                self.offer(&session, user, now);
            }
        }
    }

    /// The first session in the order of the queue that somebody can take. Sessions that nobody can take are no longer wanted,
    /// people who can take none no longer look, until something changes about them.
    fn next_to_offer(&mut self, now: Timestamp) -> Option<SessionId> {
        if self.asks_hook(now) && self.hook_is_full() {
            return None;
        }
        if !self.anybody_ready() {
            self.wanted.clear();
            self.looking.clear();
            return None;
        }
        let wanted = loop {
            let Some(key) = self.wanted.first().cloned() else { break None };
            if self.is_takeable(&key.session, now) {
                break Some(key);
            }
            self.wanted.remove(&key);
        };
        let mut first = wanted;
        let looking: Vec<UserId> = self.looking.iter().copied().collect();
        for user in looking {
            match self.best_for(user, now) {
                Some(key) if first.as_ref().is_none_or(|first| key < *first) => first = Some(key),
                Some(_) => {}
                None => {
                    self.looking.remove(&user);
                }
            }
        }
        first.map(|key| key.session)
    }

    fn anybody_ready(&self) -> bool {
        self.people.values().any(|person| person.takes_offers() && person.has_room(self.settings.capacity))
    }

    /// The first session that a person can take.
    pub(super) fn best_for(&self, user: UserId, now: Timestamp) -> Option<QueueKey> {
        let person = self.people.get(&user)?;
        if !person.takes_offers() || !person.has_room(self.settings.capacity) {
            return None;
        }
        let mut best: Option<&QueueKey> = None;
        for (needs, keys) in self.queue.free() {
            if !person.meets(user, needs) {
                continue;
            }
            let sooner = keys.iter().take_while(|key| best.is_none_or(|best| *key < best));
            let open =
                |key: &&QueueKey| self.cases.get(&key.session).is_some_and(|known| !known.was_declined_by(user, now));
            best = sooner.into_iter().find(open).or(best);
        }
        best.cloned()
    }

    fn is_takeable(&self, session: &SessionId, now: Timestamp) -> bool {
        self.people.keys().any(|user| self.can_take(*user, session, now))
    }

    /// Who can take a session.
    pub(super) fn able(&self, session: &SessionId, now: Timestamp) -> Vec<UserId> {
        self.people.keys().copied().filter(|user| self.can_take(*user, session, now)).collect()
    }

    fn can_take(&self, user: UserId, session: &SessionId, now: Timestamp) -> bool {
        let (Some(person), Some(known)) = (self.people.get(&user), self.cases.get(session)) else { return false };
        let Some(needs) = &known.free_among else { return false };
        person.takes_offers()
            && person.has_room(self.settings.capacity)
            && person.meets(user, needs)
            && !known.was_declined_by(user, now)
    }

    /// Who of those who can take it is asked: who had the customer last, if the organization wants that, then as the policy
    /// says. What the hook does not decide goes to whoever has the least to do.
    pub(super) fn choose(&self, session: &SessionId, able: &[UserId]) -> Option<UserId> {
        let known = self.cases.get(session)?;
        let sticky = known.case.service.last_agent.filter(|last| self.settings.sticky && able.contains(last));
        sticky.or_else(|| match self.settings.policy {
            Assignment::RoundRobin => {
                let next = able.iter().copied().filter(|user| self.last_given.is_none_or(|last| *user > last)).min();
                next.or_else(|| able.iter().copied().min())
            }
            Assignment::LeastLoaded | Assignment::Manual | Assignment::Hook => {
                let order = |user: &UserId| self.people.get(user).map(|person| (person.load(), person.given_at, *user));
                able.iter().copied().min_by_key(order)
            }
        })
    }

    pub(super) fn offer(&mut self, session: &SessionId, user: UserId, now: Timestamp) {
        let Some(known) = self.cases.get(session) else { return };
        let if_epoch = known.case.epoch;
        let Some(person) = self.people.get_mut(&user) else { return };
        self.given += 1;
        person.given_at = self.given;
        let name = person.name.clone();
        self.last_given = Some(user);
        let until = now.plus_ms(i64::from(self.settings.offer_s) * 1_000);
        let command = DeskCommand::Offer { user, name, until, if_epoch };
        self.order(session, Some(user), Command::Desk(command), now);
    }
}
