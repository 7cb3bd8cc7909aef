//! Counts by hand: straight over the logs, without quarters of an hour, records or cursors.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use switchboard::domain::{Author, DeskEvent, Event, Message, Owner, SessionKey, Timestamp, UserId};
use switchboard::engine::analytics::Bucket;

use super::town::organization;

/// One session, read from its log.
pub(super) struct Session {
    pub(super) person: (bool, String),
    pub(super) started_at: Timestamp,
    pub(super) messages: Vec<Message>,
    pub(super) first_intent: Option<String>,
    pub(super) standing: &'static str,
    pub(super) handed_over: bool,
    /// Waits that ended: when, and for how long, by the assistant (`true`) or a person.
    pub(super) answers: Vec<(Timestamp, bool, u64)>,
    /// What people did, and when.
    pub(super) service: Vec<(Timestamp, Served)>,
}

/// What a person of the staff did, or what was said of it.
pub(super) enum Served {
    /// The session came to them for the first time.
    Taken(UserId),
    /// Their first words, so long after it had come to the queue.
    FirstWords(UserId, u64),
    /// How it was.
    Rated(u8, Option<UserId>),
}

/// The sessions of the organization that is looked at.
pub(super) fn sessions(logs: &[(SessionKey, Vec<Event>)]) -> Vec<Session> {
    let ours = logs.iter().filter(|(key, events)| key.organization == organization() && !events.is_empty());
    ours.map(|(_, events)| read(events)).collect()
}

fn read(events: &[Event]) -> Session {
    let Some(Event::Started(started)) = events.first() else { panic!("a log begins with its start") };
    let messages: Vec<Message> = events.iter().filter_map(posted).cloned().collect();
    let intents = events.iter().filter_map(|event| match event {
        Event::Posted(message) => message.reading.as_ref().map(|reading| reading.intent.clone()),
        Event::Suggested(suggestion) => Some(suggestion.reading.intent.clone()),
        _ => None,
    });
    let owners = events.iter().filter_map(|event| match event {
        Event::OwnerMoved { owner, .. } => Some(owner.clone()),
        _ => None,
    });
    let owners: Vec<Owner> = std::iter::once(Owner::Assistant).chain(owners).collect();
    let (answers, waits) = answers(events);
    let standing = match owners.last() {
        Some(Owner::Closed) => "closed",
        Some(Owner::Queue) => "pending",
        _ if waits => "pending",
        _ => "active",
    };
    Session {
        person: (started.verified, started.customer.to_string()),
        started_at: started.at,
        first_intent: intents.into_iter().find(|intent| !intent.is_empty()),
        messages,
        standing,
        handed_over: owners.iter().any(|owner| matches!(owner, Owner::Queue | Owner::Human { .. })),
        answers,
        service: service(events),
    }
}

fn service(events: &[Event]) -> Vec<(Timestamp, Served)> {
    let (mut served, mut known, mut queued, mut before) = (Vec::new(), BTreeSet::new(), None, Owner::Assistant);
    for event in events {
        match event {
            Event::OwnerMoved { owner, at, .. } => {
                let began = matches!(before, Owner::Assistant | Owner::Closed);
                queued = match owner {
                    Owner::Queue if began => Some(*at),
                    Owner::Queue | Owner::Human { .. } => queued,
                    Owner::Assistant | Owner::Closed => None,
                };
                if let Owner::Human { user, .. } = owner
                    && known.insert(*user)
                {
                    served.push((*at, Served::Taken(*user)));
                }
                before = owner.clone();
            }
            Event::Posted(Message { author: Author::Agent { user, .. }, at, .. }) => {
                served.extend(queued.take().map(|since| (*at, Served::FirstWords(*user, at.since_ms(since)))));
            }
            Event::Desk(DeskEvent::Rated(rating)) => {
                served.push((rating.at, Served::Rated(rating.score, rating.about)));
            }
            _ => {}
        }
    }
    served
}

fn answers(events: &[Event]) -> (Vec<(Timestamp, bool, u64)>, bool) {
    let (mut answers, mut since) = (Vec::new(), None);
    for event in events {
        match event {
            Event::OwnerMoved { owner: Owner::Closed, .. } => since = None,
            Event::Posted(message) => match (&message.author, since) {
                (Author::Customer, None) => since = Some(message.at),
                (Author::Assistant | Author::Agent { .. }, Some(asked)) => {
                    answers.push((message.at, message.author == Author::Assistant, message.at.since_ms(asked)));
                    since = None;
                }
                _ => {}
            },
            _ => {}
        }
    }
    (answers, since.is_some())
}

fn posted(event: &Event) -> Option<&Message> {
    match event {
        Event::Posted(message) => Some(message),
        _ => None,
    }
}

/// What a range of time held: conversations, their messages, active customers, first intents, and starts per piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) conversations: u64,
    pub(super) messages: u64,
    pub(super) active: u64,
    pub(super) intents: BTreeMap<Option<String>, u64>,
    pub(super) started: BTreeMap<Timestamp, u64>,
}

pub(super) fn held(sessions: &[Session], from: Timestamp, until: Timestamp, bucket: Bucket) -> Held {
    let began: Vec<&Session> = sessions.iter().filter(|one| from <= one.started_at && one.started_at < until).collect();
    let wrote = |one: &&Session| {
        let mut own = one.messages.iter().filter(|message| message.author == Author::Customer);
        own.any(|message| from <= message.at && message.at < until)
    };
    let active: BTreeSet<&(bool, String)> = sessions.iter().filter(wrote).map(|one| &one.person).collect();
    let mut held = Held {
        conversations: began.len() as u64,
        messages: began.iter().map(|one| one.messages.len() as u64).sum(),
        active: active.len() as u64,
        intents: BTreeMap::new(),
        started: BTreeMap::new(),
    };
    for one in began {
        *held.intents.entry(one.first_intent.clone()).or_default() += 1;
        *held.started.entry(bucket.start(one.started_at)).or_default() += 1;
    }
    held
}

/// Messages by author (customer, assistant, agent, notice) of each date in a time zone.
pub(super) fn by_date(sessions: &[Session], zone: &TimeZone) -> BTreeMap<String, [u64; 4]> {
    let mut dates: BTreeMap<String, [u64; 4]> = BTreeMap::new();
    for message in sessions.iter().flat_map(|one| &one.messages) {
        let at = jiff::Timestamp::from_millisecond(message.at.as_ms()).unwrap();
        let date = at.to_zoned(zone.clone()).date().to_string();
        dates.entry(date).or_default()[voice(message)] += 1;
    }
    dates
}

/// Sessions, first words, their milliseconds, ratings and their sum, by person.
pub(super) fn by_person(sessions: &[Session]) -> BTreeMap<UserId, [u64; 5]> {
    let mut people: BTreeMap<UserId, [u64; 5]> = BTreeMap::new();
    for (_, served) in sessions.iter().flat_map(|one| &one.service) {
        let (user, more) = match served {
            Served::Taken(user) => (*user, [1, 0, 0, 0, 0]),
            Served::FirstWords(user, ms) => (*user, [0, 1, *ms, 0, 0]),
            Served::Rated(score, Some(user)) => (*user, [0, 0, 0, 1, u64::from(*score)]),
            Served::Rated(_, None) => continue,
        };
        people.entry(user).or_default().iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
    people
}

/// How customers said it was, by score.
pub(super) fn scores(sessions: &[Session]) -> [u64; 5] {
    let mut scores = [0; 5];
    for (_, served) in sessions.iter().flat_map(|one| &one.service) {
        if let Served::Rated(score, _) = served {
            scores[usize::from(*score) - 1] += 1;
        }
    }
    scores
}

pub(super) const fn voice(message: &Message) -> usize {
    match message.author {
        Author::Customer => 0,
        Author::Assistant => 1,
        Author::Agent { .. } => 2,
        Author::Notice(_) => 3,
    }
}
