//! What one session comes to, as a small record that its events change: who said how much, how long customers waited,
//! who had it and for how long, how it stands.
//!
//! Every figure is a sum over these records or over what [`Facts::take`] reports on the way, so reading a log again
//! gives the same figures.

use serde::{Deserialize, Serialize};

use super::event::Started;
use super::figures::{ByHolder, ByResponder, Said, Tally};
use super::message::{Author, Message};
use super::session::{Channel, Owner, Standing};
use super::{CustomerId, DeskEvent, Event, Ratings, Reading, Timestamp, UserId};

/// The most stays that are kept one by one; the sums hold the older ones too.
pub const STAYS_MAX: usize = 16;

/// The most persons of one session who are told apart; for further ones it does not count as theirs.
pub const SERVED_MAX: usize = 64;

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// The customer.
    Customer,
    /// The assistant.
    Assistant,
    /// A person of the staff.
    Agent,
    /// The engine, with a fixed text.
    Notice,
}

/// Who ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Responder {
    /// The assistant.
    Assistant,
    /// A person of the staff.
    Human,
}

/// Who has a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The assistant.
    Assistant,
    /// The queue.
    Queue,
    /// This person.
    Human(UserId),
    /// Nobody: it is closed.
    Closed,
}

/// A stay with one owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// With whom.
    pub holder: Holder,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// What a customer wants since they wrote to an open, quiet session; it ends when the session is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// When their first message came.
    pub since: Timestamp,
    /// Whether the queue or a human had the session meanwhile.
    pub passed_on: bool,
}

/// What an event meant, for those who count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A message was posted.
    Said(Voice),
    /// A turn was about this.
    Understood(String),
    /// A waiting customer got an answer.
    Answered {
        /// Whose.
        by: Responder,
        /// Since the first message that had none.
        ms: u64,
    },
    /// A request ended with the session closed.
    Resolved {
        /// By the assistant alone, or with a human or the queue.
        by: Responder,
        /// Since the request's first message.
        ms: u64,
    },
    /// A stay with an owner ended.
    Left {
        /// Who had it.
        holder: Holder,
        /// For how long.
        ms: u64,
    },
    /// The session went from the assistant, or from nobody, to the queue or to a human.
    HandedOver,
    /// The first answer of a conversation.
    FirstAnswered {
        /// Whose.
        by: Responder,
        /// Since the first message.
        ms: u64,
    },
    /// The first words of a person since the session came to the queue.
    FirstServed {
        /// The person.
        user: UserId,
        /// Since it came to the queue.
        ms: u64,
    },
    /// A person has the session for the first time.
    TakenBy(UserId),
    /// The customer said how it was.
    Rated {
        /// 1..=5.
        score: u8,
        /// The person who had it last.
        about: Option<UserId>,
    },
}

impl Happening {
    /// The person of the staff whom it is about, where it counts for them.
    pub const fn person(&self) -> Option<UserId> {
        match self {
            Self::TakenBy(user) | Self::FirstServed { user, .. } | Self::Rated { about: Some(user), .. } => Some(*user),
            Self::Said(_)
            | Self::Understood(_)
            | Self::Answered { .. }
            | Self::Resolved { .. }
            | Self::Left { .. }
            | Self::HandedOver
            | Self::FirstAnswered { .. }
            | Self::Rated { about: None, .. } => None,
        }
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The `seq` of the event that is taken next: an event counts once, however often it is read.
    pub next_seq: u64,
    /// Whose session it is.
    pub customer: CustomerId,
    /// Whether a credential said so.
    pub verified: bool,
    /// How they write.
    pub channel: Channel,
    /// When it began.
    pub started_at: Timestamp,
    /// Who has it.
    pub holder: Holder,
    /// Since when.
    pub held_since: Timestamp,
    /// Raised at each change of owner.
    pub epoch: u64,
    /// Messages.
    pub said: Said,
    /// When the earliest message was posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_message_at: Option<Timestamp>,
    /// When the latest message was posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
    /// When the first of the customer's messages came that has no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Timestamp>,
    /// The request that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// The `seq` of the customer's newest message.
    #[serde(default)]
    pub asked_seq: u64,
    /// The newest message that was understood for a suggestion: the answer to it is not counted as another turn.
    #[serde(default)]
    pub suggested_upto: u64,
    /// What the first turn was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_intent: Option<String>,
    /// What all turns were about.
    #[serde(default, skip_serializing_if = "Tally::is_empty")]
    pub intents: Tally,
    /// Answers to the waiting customer.
    #[serde(default)]
    pub answers: ByResponder,
    /// Requests that ended.
    #[serde(default)]
    pub resolutions: ByResponder,
    /// Stays with owners that ended.
    #[serde(default)]
    pub held: ByHolder,
    /// The newest of those stays, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<Stay>,
    /// Times that it went from the assistant, or from nobody, to the queue or to a human.
    #[serde(default)]
    pub handovers: u64,
    /// Since when it waits for the first words of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_since: Option<Timestamp>,
    /// The persons who had it, each once, up to [`SERVED_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served_by: Vec<UserId>,
    /// How the customer said it was.
    #[serde(default, skip_serializing_if = "Ratings::is_empty")]
    pub ratings: Ratings,
}

impl Facts {
    /// A session that began; its log's first event.
    pub fn begin(started: &Started) -> Self {
        Self {
            next_seq: 2,
            customer: started.customer.clone(),
            verified: started.verified,
            channel: started.channel,
            started_at: started.at,
            holder: Holder::Assistant,
            held_since: started.at,
            epoch: 0,
            said: Said::default(),
            first_message_at: None,
            last_message_at: None,
            waiting_since: None,
            request: None,
            asked_seq: 0,
            suggested_upto: 0,
            first_intent: None,
            intents: Tally::default(),
            answers: ByResponder::default(),
            resolutions: ByResponder::default(),
            held: ByHolder::default(),
            stays: Vec::new(),
            handovers: 0,
            service_since: None,
            served_by: Vec::new(),
            ratings: Ratings::default(),
        }
    }

    /// Takes the next event and reports what it meant, and when.
    pub fn take(&mut self, event: &Event, report: &mut impl FnMut(Timestamp, Happening)) {
        let seq = self.next_seq;
        self.next_seq += 1;
        match event {
            Event::Posted(message) => self.posted(seq, message, report),
            Event::OwnerMoved { owner, epoch, at, .. } => {
                self.epoch = *epoch;
                self.moved(holder(owner), *at, report);
            }
            Event::Suggested(suggestion) => {
                // One that understood nothing leaves the turn to whoever answers it.
                if suggestion.upto > self.suggested_upto && !suggestion.reading.intent.is_empty() {
                    self.suggested_upto = suggestion.upto;
                    self.understood(&suggestion.reading, suggestion.at, report);
                }
            }
            Event::Desk(DeskEvent::Rated(rating)) => {
                self.ratings.record(rating.score);
                report(rating.at, Happening::Rated { score: rating.score, about: rating.about });
            }
            Event::Started(_)
            | Event::TurnEnded { .. }
            | Event::Condensed(_)
            | Event::ContextReset { .. }
            | Event::CommandParked { .. }
            | Event::Desk(_) => {}
        }
    }

    /// How it stands.
    pub const fn standing(&self) -> Standing {
        match self.holder {
            Holder::Closed => Standing::Closed,
            Holder::Queue => Standing::Pending,
            Holder::Assistant | Holder::Human(_) if self.waiting_since.is_some() => Standing::Pending,
            Holder::Assistant | Holder::Human(_) => Standing::Active,
        }
    }

    /// From the first to the last message, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.first_message_at.zip(self.last_message_at).map_or(0, |(first, last)| last.since_ms(first))
    }

    /// When anything was last said, or when it began.
    pub fn last_activity(&self) -> Timestamp {
        self.last_message_at.map_or(self.started_at, |last| last.max(self.started_at))
    }

    fn posted(&mut self, seq: u64, message: &Message, report: &mut impl FnMut(Timestamp, Happening)) {
        let (at, voice) = (message.at, voice(&message.author));
        self.said.record(voice);
        self.first_message_at = Some(self.first_message_at.map_or(at, |first| first.min(at)));
        self.last_message_at = Some(self.last_message_at.map_or(at, |last| last.max(at)));
        report(at, Happening::Said(voice));
        if let Some(reading) = message.reading.as_ref().filter(|_| !self.is_understood()) {
            self.understood(reading, at, report);
        }
        match voice {
            Voice::Customer => self.asked(seq, at),
            Voice::Assistant => self.answered(Responder::Assistant, at, report),
            Voice::Agent => self.answered(Responder::Human, at, report),
            Voice::Notice => {}
        }
        if let Author::Agent { user, .. } = &message.author {
            self.served(*user, at, report);
        }
    }

    /// Whether a suggestion has taken in everything that the customer wrote.
    const fn is_understood(&self) -> bool {
        self.suggested_upto > 0 && self.suggested_upto >= self.asked_seq
    }

    /// An empty intent is none.
    fn understood(&mut self, reading: &Reading, at: Timestamp, report: &mut impl FnMut(Timestamp, Happening)) {
        let intent = reading.intent.as_str();
        if intent.is_empty() {
            return;
        }
        self.first_intent.get_or_insert_with(|| intent.to_owned());
        self.intents.record(intent);
        report(at, Happening::Understood(intent.to_owned()));
    }

    fn asked(&mut self, seq: u64, at: Timestamp) {
        self.asked_seq = seq;
        self.waiting_since.get_or_insert(at);
        let passed_on = matches!(self.holder, Holder::Queue | Holder::Human(_));
        self.request.get_or_insert(Request { since: at, passed_on });
    }

    fn answered(&mut self, by: Responder, at: Timestamp, report: &mut impl FnMut(Timestamp, Happening)) {
        let Some(since) = self.waiting_since.take() else { return };
        let ms = at.since_ms(since);
        if self.answers.total().count == 0 {
            report(at, Happening::FirstAnswered { by, ms });
        }
        self.answers.record(by, ms);
        report(at, Happening::Answered { by, ms });
    }

    fn served(&mut self, user: UserId, at: Timestamp, report: &mut impl FnMut(Timestamp, Happening)) {
        if let Some(since) = self.service_since.take() {
            report(at, Happening::FirstServed { user, ms: at.since_ms(since) });
        }
    }

    fn taken(&mut self, user: UserId, at: Timestamp, report: &mut impl FnMut(Timestamp, Happening)) {
        if self.served_by.len() < SERVED_MAX && !self.served_by.contains(&user) {
            self.served_by.push(user);
            report(at, Happening::TakenBy(user));
        }
    }

    fn moved(&mut self, to: Holder, at: Timestamp, report: &mut impl FnMut(Timestamp, Happening)) {
        let from = std::mem::replace(&mut self.holder, to);
        let since = std::mem::replace(&mut self.held_since, at);
        if from != Holder::Closed {
            self.left(Stay { holder: from, from: since, to: at }, report);
        }
        match to {
            Holder::Queue | Holder::Human(_) => {
                if matches!(from, Holder::Assistant | Holder::Closed) {
                    self.handovers += 1;
                    report(at, Happening::HandedOver);
                }
                self.request.iter_mut().for_each(|request| request.passed_on = true);
            }
            Holder::Closed => self.resolved(at, report),
            Holder::Assistant => {}
        }
        match to {
            // Back in the queue after a person has written, nobody waits for first words.
            Holder::Queue if matches!(from, Holder::Assistant | Holder::Closed) => self.service_since = Some(at),
            Holder::Human(user) => self.taken(user, at, report),
            Holder::Assistant | Holder::Closed => self.service_since = None,
            Holder::Queue => {}
        }
    }

    fn left(&mut self, stay: Stay, report: &mut impl FnMut(Timestamp, Happening)) {
        let ms = stay.to.since_ms(stay.from);
        self.held.record(stay.holder, ms);
        if self.stays.len() == STAYS_MAX {
            self.stays.remove(0);
        }
        self.stays.push(stay);
        report(stay.to, Happening::Left { holder: stay.holder, ms });
    }

    fn resolved(&mut self, at: Timestamp, report: &mut impl FnMut(Timestamp, Happening)) {
        self.waiting_since = None;
        let Some(request) = self.request.take() else { return };
        let by = if request.passed_on { Responder::Human } else { Responder::Assistant };
        let ms = at.since_ms(request.since);
        self.resolutions.record(by, ms);
        report(at, Happening::Resolved { by, ms });
    }
}

const fn voice(author: &Author) -> Voice {
    match author {
        Author::Customer => Voice::Customer,
        Author::Assistant => Voice::Assistant,
        Author::Agent { .. } => Voice::Agent,
        Author::Notice(_) => Voice::Notice,
    }
}

const fn holder(owner: &Owner) -> Holder {
    match owner {
        Owner::Assistant => Holder::Assistant,
        Owner::Queue => Holder::Queue,
        Owner::Human { user, .. } => Holder::Human(*user),
        Owner::Closed => Holder::Closed,
    }
}

#[cfg(test)]
mod tests;
