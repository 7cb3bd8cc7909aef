//! Counters: what happened in a piece of time, and what became of the sessions that began in it.
//!
//! All of it adds up: the figures of a longer time are the sum of those of its parts, in any order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::{Facts, Happening, Holder, Responder, Voice};
use super::ratings::Ratings;
use super::session::Standing;

/// The most names that one [`Tally`] keeps apart.
pub const NAMES_MAX: usize = 64;

/// How often something took time, and how much in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spans {
    /// How often.
    pub count: u64,
    /// The sum, in milliseconds.
    pub ms: u64,
}

/// Messages by who wrote them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Customers.
    #[serde(skip_serializing_if = "is_zero")]
    pub customer: u64,
    /// The assistant.
    #[serde(skip_serializing_if = "is_zero")]
    pub assistant: u64,
    /// People of the staff.
    #[serde(skip_serializing_if = "is_zero")]
    pub agent: u64,
    /// The engine's fixed texts.
    #[serde(skip_serializing_if = "is_zero")]
    pub notice: u64,
}

/// Times by who ended the wait: the assistant or a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ByResponder {
    /// The assistant.
    #[serde(skip_serializing_if = "Spans::is_empty")]
    pub assistant: Spans,
    /// A person of the staff.
    #[serde(skip_serializing_if = "Spans::is_empty")]
    pub human: Spans,
}

/// Times by who had the session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ByHolder {
    /// The assistant.
    #[serde(skip_serializing_if = "Spans::is_empty")]
    pub assistant: Spans,
    /// The queue: nobody yet.
    #[serde(skip_serializing_if = "Spans::is_empty")]
    pub queue: Spans,
    /// A person of the staff.
    #[serde(skip_serializing_if = "Spans::is_empty")]
    pub human: Spans,
}

/// Counts by name. A model may make up any number of names: of more than [`NAMES_MAX`] those that are first in the alphabet
/// are kept apart, and the rest is counted together. So the result does not depend on the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    names: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "is_zero")]
    others: u64,
}

/// What happened in a piece of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Flow {
    /// Messages posted.
    pub said: Said,
    /// Answers to waiting customers, and how long they had waited.
    pub answers: ByResponder,
    /// Requests that ended with a closed session, and how long they had taken.
    pub resolutions: ByResponder,
    /// Stays with an owner that ended.
    pub stays: ByHolder,
    /// Times that a session went from the assistant, or from nobody, to the queue or to a human.
    #[serde(skip_serializing_if = "is_zero")]
    pub handovers: u64,
    /// What the turns were about.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub intents: Tally,
    /// First answers of conversations, and how long customers had waited.
    #[serde(skip_serializing_if = "ByResponder::is_empty")]
    pub first_answers: ByResponder,
    /// First words of a person, since the session had come to the queue.
    #[serde(skip_serializing_if = "Spans::is_empty")]
    pub first_served: Spans,
    /// How customers said it was.
    #[serde(skip_serializing_if = "Ratings::is_empty")]
    pub ratings: Ratings,
}

/// What one person of the staff did in a piece of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceFigures {
    /// Sessions that came to them for the first time.
    #[serde(skip_serializing_if = "is_zero")]
    pub sessions: u64,
    /// Their first words to customers who had asked for a person, and how long these had waited.
    #[serde(skip_serializing_if = "Spans::is_empty")]
    pub first_served: Spans,
    /// How customers said it was, of sessions that they had last.
    #[serde(skip_serializing_if = "Ratings::is_empty")]
    pub ratings: Ratings,
}

/// What has become, until now, of the sessions that began in a piece of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cohort {
    /// All of them.
    #[serde(skip_serializing_if = "is_zero")]
    pub sessions: u64,
    /// Those in which anything was said.
    #[serde(skip_serializing_if = "is_zero")]
    pub talked: u64,
    /// Messages in them, whoever wrote, until now.
    #[serde(skip_serializing_if = "is_zero")]
    pub messages: u64,
    /// Milliseconds from the first to the last message, summed.
    #[serde(skip_serializing_if = "is_zero")]
    pub duration_ms: u64,
    /// Open, and no customer waits.
    #[serde(skip_serializing_if = "is_zero")]
    pub active: u64,
    /// Open, and the customer waits for an answer or for a human.
    #[serde(skip_serializing_if = "is_zero")]
    pub pending: u64,
    /// Closed.
    #[serde(skip_serializing_if = "is_zero")]
    pub closed: u64,
    /// Those that went to the queue or to a human at least once.
    #[serde(skip_serializing_if = "is_zero")]
    pub handed_over: u64,
    /// Those that the assistant answered and nobody else had to.
    #[serde(skip_serializing_if = "is_zero")]
    pub assistant_alone: u64,
    /// Their first intents; those without one are not in it.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub first_intents: Tally,
    /// The first intents of those that went to the queue or to a human.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub handed_over_intents: Tally,
}

/// Both sides of a piece of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// What happened in it.
    #[serde(rename = "f")]
    pub flow: Flow,
    /// What became of the sessions that began in it.
    #[serde(rename = "b")]
    pub began: Cohort,
}

impl Spans {
    /// One more that took this long.
    pub const fn record(&mut self, ms: u64) {
        self.count += 1;
        self.ms = self.ms.saturating_add(ms);
    }

    /// Adds others.
    pub const fn add(&mut self, other: Self) {
        self.count += other.count;
        self.ms = self.ms.saturating_add(other.ms);
    }

    /// Their mean in milliseconds; none when there are none.
    pub const fn mean_ms(self) -> Option<u64> {
        self.ms.checked_div(self.count)
    }

    /// Their mean in seconds; zero when there are none.
    pub fn mean_s(self) -> f64 {
        if self.count == 0 { 0.0 } else { self.ms as f64 / 1_000.0 / self.count as f64 }
    }

    const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Said {
    /// One more message.
    pub const fn record(&mut self, voice: Voice) {
        match voice {
            Voice::Customer => self.customer += 1,
            Voice::Assistant => self.assistant += 1,
            Voice::Agent => self.agent += 1,
            Voice::Notice => self.notice += 1,
        }
    }

    /// Adds others.
    pub const fn add(&mut self, other: Self) {
        self.customer += other.customer;
        self.assistant += other.assistant;
        self.agent += other.agent;
        self.notice += other.notice;
    }

    /// All of them.
    pub const fn total(self) -> u64 {
        self.customer + self.assistant + self.agent + self.notice
    }

    /// The assistant's share of all answers, its own and people's, 0..1; zero when there are none.
    pub fn assistant_share(self) -> f64 {
        let answers = self.assistant + self.agent;
        if answers == 0 { 0.0 } else { self.assistant as f64 / answers as f64 }
    }
}

impl ByResponder {
    /// One more.
    pub const fn record(&mut self, by: Responder, ms: u64) {
        match by {
            Responder::Assistant => self.assistant.record(ms),
            Responder::Human => self.human.record(ms),
        }
    }

    /// Adds others.
    pub const fn add(&mut self, other: Self) {
        self.assistant.add(other.assistant);
        self.human.add(other.human);
    }

    const fn is_empty(&self) -> bool {
        self.assistant.is_empty() && self.human.is_empty()
    }

    /// Both together.
    pub const fn total(self) -> Spans {
        let mut total = self.assistant;
        total.add(self.human);
        total
    }
}

impl ByHolder {
    /// One more stay; a closed session is with nobody.
    pub const fn record(&mut self, holder: Holder, ms: u64) {
        match holder {
            Holder::Assistant => self.assistant.record(ms),
            Holder::Queue => self.queue.record(ms),
            Holder::Human(_) => self.human.record(ms),
            Holder::Closed => {}
        }
    }

    /// Adds others.
    pub const fn add(&mut self, other: Self) {
        self.assistant.add(other.assistant);
        self.queue.add(other.queue);
        self.human.add(other.human);
    }
}

impl Tally {
    /// One more of this name.
    pub fn record(&mut self, name: &str) {
        self.count(name, 1);
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.others += other.others;
        for (name, count) in &other.names {
            self.count(name, *count);
        }
    }

    /// The names that are kept apart, with their counts.
    pub fn named(&self) -> impl Iterator<Item = (&str, u64)> {
        self.names.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// What was counted under names that are not kept apart.
    pub const fn others(&self) -> u64 {
        self.others
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.names.values().sum::<u64>() + self.others
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.others == 0
    }

    /// A name that is kept in the end was never put aside before, for only ever larger ones are: its count is whole.
    fn count(&mut self, name: &str, more: u64) {
        if let Some(count) = self.names.get_mut(name) {
            *count += more;
            return;
        }
        self.names.insert(name.to_owned(), more);
        if self.names.len() > NAMES_MAX
            && let Some((_, count)) = self.names.pop_last()
        {
            self.others += count;
        }
    }
}

impl Flow {
    /// Counts what happened.
    pub fn record(&mut self, happening: &Happening) {
        match happening {
            Happening::Said(voice) => self.said.record(*voice),
            Happening::Understood(intent) => self.intents.record(intent),
            Happening::Answered { by, ms } => self.answers.record(*by, *ms),
            Happening::Resolved { by, ms } => self.resolutions.record(*by, *ms),
            Happening::Left { holder, ms } => self.stays.record(*holder, *ms),
            Happening::HandedOver => self.handovers += 1,
            Happening::FirstAnswered { by, ms } => self.first_answers.record(*by, *ms),
            Happening::FirstServed { ms, .. } => self.first_served.record(*ms),
            Happening::Rated { score, .. } => self.ratings.record(*score),
            Happening::TakenBy(_) => {}
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.said.add(other.said);
        self.answers.add(other.answers);
        self.resolutions.add(other.resolutions);
        self.stays.add(other.stays);
        self.handovers += other.handovers;
        self.intents.add(&other.intents);
        self.first_answers.add(other.first_answers);
        self.first_served.add(other.first_served);
        self.ratings.add(other.ratings);
    }
}

impl ServiceFigures {
    /// Counts what happened, if it is about this person.
    pub fn record(&mut self, happening: &Happening) {
        match happening {
            Happening::TakenBy(_) => self.sessions += 1,
            Happening::FirstServed { ms, .. } => self.first_served.record(*ms),
            Happening::Rated { score, .. } => self.ratings.record(*score),
            Happening::Said(_)
            | Happening::Understood(_)
            | Happening::Answered { .. }
            | Happening::Resolved { .. }
            | Happening::Left { .. }
            | Happening::HandedOver
            | Happening::FirstAnswered { .. } => {}
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.first_served.add(other.first_served);
        self.ratings.add(other.ratings);
    }
}

impl Cohort {
    /// What one session adds.
    pub fn of(facts: &Facts) -> Self {
        let mut one = Self::default();
        one.replace(None, facts);
        one
    }

    /// Takes in how a session changed: `before` was in it, `after` takes its place. A first intent never changes, and what
    /// was handed over once stays so.
    pub fn replace(&mut self, before: Option<&Facts>, after: &Facts) {
        if let Some(before) = before {
            let gone = &mut Self::numbers_of(before);
            self.each().into_iter().zip(gone.each()).for_each(|(sum, gone)| *sum = sum.saturating_sub(*gone));
        } else {
            self.sessions += 1;
        }
        let came = &mut Self::numbers_of(after);
        self.each().into_iter().zip(came.each()).for_each(|(sum, came)| *sum += *came);
        let known = before.is_some_and(|before| before.first_intent.is_some());
        if let Some(intent) = after.first_intent.as_ref().filter(|_| !known) {
            self.first_intents.record(intent);
        }
        if let Some(intent) = passed_on_intent(after).filter(|_| before.and_then(passed_on_intent).is_none()) {
            self.handed_over_intents.record(intent);
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.sessions += other.sessions;
        let more = &mut other.clone();
        self.each().into_iter().zip(more.each()).for_each(|(sum, more)| *sum += *more);
        self.first_intents.add(&other.first_intents);
        self.handed_over_intents.add(&other.handed_over_intents);
    }

    fn numbers_of(facts: &Facts) -> Self {
        let standing = facts.standing();
        let is = |wanted| u64::from(standing == wanted);
        let handed_over = facts.handovers > 0;
        Self {
            talked: u64::from(facts.said.total() > 0),
            messages: facts.said.total(),
            duration_ms: facts.duration_ms(),
            active: is(Standing::Active),
            pending: is(Standing::Pending),
            closed: is(Standing::Closed),
            handed_over: u64::from(handed_over),
            assistant_alone: u64::from(!handed_over && facts.said.assistant > 0),
            ..Self::default()
        }
    }

    /// What may go up and down, except the number of sessions and their intents.
    const fn each(&mut self) -> [&mut u64; 8] {
        [
            &mut self.talked,
            &mut self.messages,
            &mut self.duration_ms,
            &mut self.active,
            &mut self.pending,
            &mut self.closed,
            &mut self.handed_over,
            &mut self.assistant_alone,
        ]
    }
}

impl Figures {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.flow.add(&other.flow);
        self.began.add(&other.began);
    }
}

/// The first intent of a session that went to the queue or to a human.
fn passed_on_intent(facts: &Facts) -> Option<&str> {
    facts.first_intent.as_deref().filter(|_| facts.handovers > 0)
}

/// Zeros are not written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_bounded_and_does_not_depend_on_the_order() {
        let names: Vec<String> =
            (0..NAMES_MAX * 3).map(|number| format!("intent-{:03}", (number * 37) % 192)).collect();
        let (mut forward, mut backward, mut halves) = (Tally::default(), Tally::default(), Tally::default());
        names.iter().for_each(|name| forward.record(name));
        names.iter().rev().for_each(|name| backward.record(name));
        for half in names.chunks(names.len() / 2) {
            let mut part = Tally::default();
            half.iter().for_each(|name| part.record(name));
            halves.add(&part);
        }
        assert_eq!((&forward, &forward), (&backward, &halves));
        assert_eq!((forward.named().count(), forward.total()), (NAMES_MAX, names.len() as u64));
    }

    #[test]
    fn a_mean_of_nothing_is_zero() {
        assert_eq!(Spans::default().mean_s(), 0.0);
        assert_eq!(Spans { count: 2, ms: 3_000 }.mean_s(), 1.5);
        assert_eq!(Said::default().assistant_share(), 0.0);
    }
}
