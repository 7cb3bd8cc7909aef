//! The stored form of events and headers: what was once written still reads, and today's form is the committed one. A new
//! form gets a new file; an old file is never changed.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use switchboard::domain::attachment::Digest;
use switchboard::domain::condense::Condensed;
use switchboard::domain::event::{Started, Suggestion, TurnOutcome};
use switchboard::domain::session::{Counters, SecretHash, Turn};
use switchboard::domain::{
    Attachment, Author, Body, Channel, ClientMessageId, CustomerId, Entity, Event, FileId, FileName, MediaType,
    Message, MessageId, Notice, OrganizationId, Owner, PersonName, Reading, Requester, SessionId, SessionKey, Source,
    State, Timestamp, UserId,
};
use uuid::Uuid;

const EVENTS: &str = include_str!("../golden/events_v1.json");
const CONDENSED: &str = include_str!("../golden/condensed_v1.json");
const SUGGESTIONS: &str = include_str!("../golden/suggestions_v1.json");
/// Since a change of owner says who asked for it.
const MOVES_V2: &str = include_str!("../golden/moves_v2.json");
/// Since messages have files.
const FILES: &str = include_str!("../golden/files_v1.json");
const HEADERS: &str = include_str!("../golden/header_v1.json");

#[test]
fn events_that_were_once_written_still_read() {
    assert_reads_and_writes(EVENTS, &events());
}

#[test]
fn suggestions_and_names_of_customers_that_were_once_written_still_read() {
    assert_reads_and_writes(SUGGESTIONS, &suggestions());
}

#[test]
fn running_summaries_that_were_once_written_still_read() {
    let text = "The customer asked about order 88112.".to_owned();
    assert_reads_and_writes(CONDENSED, &[Event::Condensed(Condensed { upto: 15, text, at: at(4_000) })]);
}

#[test]
fn changes_of_owner_that_say_who_asked_still_read() {
    assert_reads_and_writes(MOVES_V2, &moves_by_somebody());
}

#[test]
fn messages_with_files_still_read() {
    let kinds = [
        ("garden.jpg", "image/jpeg"),
        ("note.ogg", "audio/ogg"),
        ("film.mp4", "video/mp4"),
        ("bill.pdf", "application/pdf"),
    ];
    let kinds = kinds.into_iter().chain([("stuff.bin", "application/octet-stream")]);
    let attachments = kinds.zip(1..).map(|((name, media_type), number)| file(name, media_type, number)).collect();
    let message = Message { attachments, ..message(Author::Customer, "See these.") };
    assert_reads_and_writes(FILES, &[Event::Posted(message)]);
}

fn file(name: &str, media_type: &str, number: u8) -> Attachment {
    let media_type = MediaType::parse(media_type).unwrap();
    Attachment {
        id: FileId(Uuid::from_u128(u128::from(number))),
        name: FileName::clean(name).unwrap(),
        kind: media_type.kind(),
        media_type,
        bytes: 48_213,
        digest: Digest::of_sha256([number; 32]),
    }
}

#[test]
fn headers_that_were_once_written_still_read() {
    assert_reads_and_writes(HEADERS, &[unborn(), talkative()]);
}

#[test]
fn a_field_of_a_later_version_does_not_stop_a_reader() {
    let mut event: Value = serde_json::from_str::<Vec<Value>>(EVENTS).unwrap().swap_remove(0);
    event["started"]["later"] = json!("unknown");
    assert_eq!(serde_json::from_value::<Event>(event).unwrap(), events()[0]);
}

pub(super) fn assert_reads_and_writes<T: Serialize + DeserializeOwned + PartialEq + Debug>(golden: &str, values: &[T]) {
    let today = serde_json::to_string_pretty(values).unwrap();
    assert_eq!(today, golden.trim_end(), "the stored form changed:\n{today}");
    let read: Vec<T> = serde_json::from_str(golden).unwrap();
    assert_eq!(read, values);
}

/// Every kind of event, and every kind of value in it, at least once.
fn events() -> Vec<Event> {
    let mut events = vec![started(true, Channel::Web), started(false, Channel::Whatsapp)];
    events.extend([started(true, Channel::Email), started(true, Channel::Sms)]);
    events.extend([full_question(), full_answer()].map(Event::Posted));
    let authors = [
        Author::Customer,
        Author::Assistant,
        Author::Agent { user: user(), name: name() },
        Author::Notice(Notice::Handover),
        Author::Notice(Notice::Queued),
        Author::Notice(Notice::Fallback),
    ];
    events.extend(authors.map(|author| Event::Posted(message(author, "Plain."))));
    let owners = [Owner::Assistant, Owner::Queue, Owner::Human { user: user(), name: name() }, Owner::Closed];
    events.extend(owners.into_iter().zip(1..).map(|(owner, epoch)| moved(owner, epoch)));
    let outcomes = [
        TurnOutcome::Replied,
        TurnOutcome::HandedOver,
        TurnOutcome::Queued,
        TurnOutcome::Fallback,
        TurnOutcome::TakenOver,
        TurnOutcome::Closed,
    ];
    events.extend(outcomes.map(|outcome| Event::TurnEnded { turn: 2, upto: 4, outcome }));
    events.push(Event::ContextReset { keep_from: 7 });
    events.push(Event::CommandParked { command: "post".to_owned(), attempts: 3 });
    events
}

fn suggestions() -> Vec<Event> {
    let Event::Started(started) = started(true, Channel::Web) else { unreachable!("a start is a start") };
    let reading = Reading { intent: "return_policy".to_owned(), confidence: 0.5, entities: Vec::new() };
    let text = Some("You can return it.".to_owned());
    vec![
        Event::Started(Started { name: Some(name()), ..started }),
        Event::Suggested(Suggestion { turn: 2, upto: 4, reading, text, at: at(2_000) }),
        Event::Suggested(Suggestion { turn: 5, upto: 5, reading: Reading::default(), text: None, at: at(3_000) }),
    ]
}

fn started(verified: bool, channel: Channel) -> Event {
    Event::Started(Started {
        customer: customer(),
        verified,
        channel,
        resume: (!verified).then(|| SecretHash("9f86d081".to_owned())),
        at: at(0),
        language: (!verified).then(|| "de-CH".to_owned()),
        name: None,
    })
}

fn moved(owner: Owner, epoch: u64) -> Event {
    Event::OwnerMoved { owner, epoch, reason: "handed back by an agent".to_owned(), by: None, at: at(5_000) }
}

fn moves_by_somebody() -> Vec<Event> {
    let everybody = [Requester::Customer, Requester::Agent { user: user(), name: name() }, Requester::Service];
    let asked = |by| Event::OwnerMoved {
        owner: Owner::Queue,
        epoch: 1,
        reason: "asked for a human".to_owned(),
        by: Some(by),
        at: at(5_000),
    };
    everybody.map(asked).into()
}

fn full_question() -> Message {
    Message {
        client_id: Some(ClientMessageId::parse("m-1").unwrap()),
        metadata: Some(json!({"page": {"url": "/cart"}, "visits": 3})),
        ..message(Author::Customer, "Where is my order?\n\"Größe\" 👍")
    }
}

fn full_answer() -> Message {
    Message {
        reading: Some(Reading {
            intent: "order_status".to_owned(),
            confidence: 0.75,
            entities: vec![
                Entity { kind: "order".to_owned(), value: None },
                Entity { kind: "order_number".to_owned(), value: Some("12345".to_owned()) },
            ],
        }),
        sources: vec![Source::titled("faq-7".to_owned(), "Orders".to_owned())],
        asks_for: Some("order_number".to_owned()),
        ..message(Author::Assistant, "Which order is it?")
    }
}

pub(super) fn message(author: Author, text: &str) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(7)),
        author,
        body: Body::parse("text", text).unwrap(),
        at: at(1_500),
        client_id: None,
        reading: None,
        sources: Vec::new(),
        cached: false,
        asks_for: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    }
}

fn unborn() -> State {
    State::unborn(SessionKey {
        organization: OrganizationId::default_organization(),
        session: SessionId::parse("s-1").unwrap(),
    })
}

pub(super) fn talkative() -> State {
    State {
        customer: customer(),
        verified: true,
        resume: Some(SecretHash("9f86d081".to_owned())),
        channel: Channel::Email,
        stream: 1_700_000_000_000,
        owner: Owner::Human { user: user(), name: name() },
        epoch: 3,
        next_seq: 42,
        started_at: at(0),
        last_message_at: Some(at(9_000)),
        queue_notice_at: Some(at(8_000)),
        turn: Some(Turn { id: 38, upto: 40, since: at(7_000), last_at: at(9_000), working: None }),
        unanswered: Some((38, 40)),
        intent: Some("order_status".to_owned()),
        known: BTreeMap::from([("order".to_owned(), None), ("order_number".to_owned(), Some("12345".to_owned()))]),
        pending_slot: Some("order_number".to_owned()),
        language: Some("de-CH".to_owned()),
        counters: Counters { messages: 20, customer_messages: 12, with_client_id: 9, handovers: 1 },
        ..unborn()
    }
}

fn customer() -> CustomerId {
    CustomerId::parse("jo+x@example.com").unwrap()
}

pub(super) fn user() -> UserId {
    UserId(Uuid::from_u128(9))
}

pub(super) fn name() -> PersonName {
    PersonName::parse("name", "Sam Lee").unwrap()
}

pub(super) fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_700_000_000_000 + ms)
}
