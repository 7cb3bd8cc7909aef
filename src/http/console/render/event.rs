//! What happened in a session, as the staff sees it: every kind of event. Rendered once for all who are told.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::super::wire::{File, Named};
use super::words;
use crate::domain::desk::event::{Reader, Routing};
use crate::domain::event::Started;
use crate::domain::{Author, CustomerId, DeskEvent, Event, Message, Owner, Requester, SessionId, Timestamp, UserId};

/// Where an event stands.
#[derive(Debug, Clone, Copy)]
pub(in crate::http::console) struct Place<'a> {
    /// In which session.
    pub session: &'a SessionId,
    /// Its place in the log.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The position that a client has who has it; none in answers over REST.
    pub position: Option<u64>,
}

/// Finds a person's name, where the log has only their id.
pub(in crate::http::console) type Names<'a> = &'a dyn Fn(UserId) -> Option<String>;

#[derive(Serialize)]
#[serde(tag = "type", rename = "event")]
struct Frame<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    session: &'a str,
    seq: u64,
    at: String,
    #[serde(flatten)]
    kind: Kind<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind<'a> {
    Started {
        customer: Cow<'a, str>,
        channel: &'static str,
        language: Option<&'a str>,
        name: Option<&'a str>,
    },
    Message(Box<Said<'a>>),
    Owner {
        owner: &'static str,
        agent: Option<Named>,
        epoch: u64,
        reason: &'a str,
        by: Option<By<'a>>,
    },
    TurnEnded {
        turn: u64,
        upto: u64,
        outcome: &'static str,
    },
    Suggested {
        turn: u64,
        upto: u64,
        text: Option<&'a str>,
        intent: &'a str,
        confidence: f32,
        sources: [Source<'a>; 0],
    },
    Condensed {
        upto: u64,
        text: &'a str,
    },
    ContextReset {},
    Parked {
        command: &'a str,
        attempts: u32,
    },
    Note {
        note_id: String,
        agent: Named,
        text: &'a str,
        client_id: Option<&'a str>,
    },
    Routed {
        priority: &'static str,
        skills: Vec<&'a str>,
        team: Option<String>,
        to: Option<String>,
        by: Option<By<'a>>,
    },
    Offered {
        agent: Named,
        until: String,
    },
    OfferEnded {
        agent: Named,
        how: &'static str,
    },
    Held {
        agent: Named,
    },
    Unheld {
        agent: Option<Named>,
    },
    Read {
        reader: &'static str,
        agent: Option<Named>,
        upto: u64,
    },
    WrappedUp {
        agent: Named,
        reason: &'a str,
        summary: Option<&'a str>,
    },
    RatingAsked {},
    Rated {
        score: u8,
        comment: Option<&'a str>,
    },
    Target {
        target: &'static str,
        mark: &'static str,
    },
    Summary {
        asked: &'a str,
        tried: &'a str,
        known: &'a BTreeMap<String, String>,
    },
}

#[derive(Serialize)]
struct Said<'a> {
    message_id: String,
    from: &'static str,
    agent: Option<Named>,
    notice: Option<&'static str>,
    text: &'a str,
    client_id: Option<&'a str>,
    intent: Option<&'a str>,
    confidence: Option<f32>,
    entities: BTreeMap<&'a str, Option<&'a str>>,
    sources: Vec<Source<'a>>,
    /// Whether it was answered as another customer's same question was.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cached: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<File<'a>>,
    /// When it was written, where a provider says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<String>,
    /// Whether it came so long after that that whoever reads it has to know.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
}

#[derive(Serialize)]
struct Source<'a> {
    title: &'a str,
    /// Where the source is a page.
    url: Option<&'a str>,
    /// Where it stands in a document of the organization's, which the console opens there.
    cited: Option<Cited>,
}

/// A place in a document, in characters of its text as it was in that version.
#[derive(Serialize)]
struct Cited {
    document: String,
    version: u32,
    start: u32,
    end: u32,
}

#[derive(Serialize)]
struct By<'a> {
    kind: &'static str,
    id: Option<String>,
    name: Option<&'a str>,
}

/// The event as JSON; `None` when it does not serialise, which nothing of ours does.
pub(in crate::http::console) fn event(event: &Event, place: Place<'_>, names: Names<'_>) -> Option<Vec<u8>> {
    let frame = Frame {
        position: place.position.map(|position| position.to_string()),
        session: place.session.as_str(),
        seq: place.seq,
        at: place.at.to_string(),
        kind: kind(event, place.session, names),
    };
    serde_json::to_vec(&frame).ok()
}

/// Whose session it is, as lists have it: a name that was only claimed is not the customer's who has it.
fn customer<'a>(started: &'a Started, session: &SessionId) -> Cow<'a, str> {
    if started.verified {
        return started.customer.as_str().into();
    }
    CustomerId::of_visitor(session).as_str().to_owned().into()
}

fn kind<'a>(event: &'a Event, session: &SessionId, names: Names<'_>) -> Kind<'a> {
    match event {
        Event::Started(started) => Kind::Started {
            customer: customer(started, session),
            channel: words::channel(started.channel),
            language: started.language.as_deref(),
            name: started.name.as_ref().map(crate::domain::PersonName::as_str),
        },
        Event::Posted(message) => Kind::Message(Box::new(said(message))),
        Event::OwnerMoved { owner, epoch, reason, by, .. } => Kind::Owner {
            owner: words::owner(owner),
            agent: if let Owner::Human { user, name } = owner { Some(super::person(*user, name)) } else { None },
            epoch: *epoch,
            reason,
            by: by.as_ref().map(requester),
        },
        Event::TurnEnded { turn, upto, outcome } => {
            Kind::TurnEnded { turn: *turn, upto: *upto, outcome: words::outcome(*outcome) }
        }
        Event::Suggested(suggestion) => Kind::Suggested {
            turn: suggestion.turn,
            upto: suggestion.upto,
            text: suggestion.text.as_deref(),
            intent: &suggestion.reading.intent,
            confidence: suggestion.reading.confidence,
            sources: [],
        },
        Event::Condensed(condensed) => Kind::Condensed { upto: condensed.upto, text: &condensed.text },
        Event::ContextReset { .. } => Kind::ContextReset {},
        Event::CommandParked { command, attempts } => Kind::Parked { command, attempts: *attempts },
        Event::Desk(event) => desk(event, names),
    }
}

fn desk<'a>(event: &'a DeskEvent, names: Names<'_>) -> Kind<'a> {
    let named = |user: UserId| Named { id: user.to_string(), name: names(user).unwrap_or_default() };
    match event {
        DeskEvent::Routed { routing, by } => routed(routing, by.as_ref()),
        DeskEvent::Offered(offer) => {
            Kind::Offered { agent: super::person(offer.user, &offer.name), until: offer.until.to_string() }
        }
        DeskEvent::OfferEnded { user, how, .. } => {
            Kind::OfferEnded { agent: named(*user), how: words::offer_end(*how) }
        }
        DeskEvent::Noted(note) => Kind::Note {
            note_id: note.id.to_string(),
            agent: super::person(note.user, &note.name),
            text: note.body.as_str(),
            client_id: note.client_id.as_ref().map(crate::domain::ClientMessageId::as_str),
        },
        DeskEvent::Held { user, .. } => Kind::Held { agent: named(*user) },
        DeskEvent::Unheld { user, .. } => Kind::Unheld { agent: user.map(named) },
        DeskEvent::Read { reader, upto, .. } => match reader {
            Reader::Customer => Kind::Read { reader: "customer", agent: None, upto: *upto },
            Reader::Agent(user) => Kind::Read { reader: "staff", agent: Some(named(*user)), upto: *upto },
        },
        DeskEvent::WrappedUp { user, reason, summary, .. } => Kind::WrappedUp {
            agent: named(*user),
            reason: reason.as_str(),
            summary: summary.as_ref().map(crate::domain::Body::as_str),
        },
        DeskEvent::RatingAsked { .. } => Kind::RatingAsked {},
        DeskEvent::Rated(rating) => {
            Kind::Rated { score: rating.score, comment: rating.comment.as_ref().map(crate::domain::Body::as_str) }
        }
        DeskEvent::Target { target, mark, .. } => {
            Kind::Target { target: words::target(*target), mark: words::mark(*mark) }
        }
        DeskEvent::Summarized { summary, .. } => {
            Kind::Summary { asked: &summary.asked, tried: &summary.tried, known: &summary.known }
        }
    }
}

fn said(message: &Message) -> Said<'_> {
    let (agent, notice) = match &message.author {
        Author::Agent { user, name } => (Some(super::person(*user, name)), None),
        Author::Notice(notice) => (None, Some(words::notice(*notice))),
        Author::Customer | Author::Assistant => (None, None),
    };
    let reading = message.reading.as_ref();
    let entities = reading.into_iter().flat_map(|reading| &reading.entities);
    Said {
        message_id: message.id.to_string(),
        from: words::author(&message.author),
        agent,
        notice,
        text: message.body.as_str(),
        client_id: message.client_id.as_ref().map(crate::domain::ClientMessageId::as_str),
        intent: reading.map(|reading| reading.intent.as_str()),
        confidence: reading.map(|reading| reading.confidence),
        entities: entities.map(|entity| (entity.kind.as_str(), entity.value.as_deref())).collect(),
        sources: message.sources.iter().map(source).collect(),
        cached: message.cached,
        attachments: message.attachments.iter().map(File::of).collect(),
        sent_at: message.sent_at.map(|sent| sent.to_string()),
        late: message.is_late(),
    }
}

fn source(source: &crate::domain::Source) -> Source<'_> {
    let page = |id: &str| id.starts_with("https://") || id.starts_with("http://");
    let cited = |cited: crate::domain::Cited| Cited {
        document: cited.document.to_string(),
        version: cited.version,
        start: cited.start,
        end: cited.end,
    };
    Source {
        title: &source.title,
        url: source.url.as_deref().or(Some(source.id.as_str())).filter(|url| page(url)),
        cited: source.cited.map(cited),
    }
}

fn routed<'a>(routing: &'a Routing, by: Option<&'a Requester>) -> Kind<'a> {
    Kind::Routed {
        priority: words::priority(routing.priority),
        skills: routing.skills.iter().map(crate::domain::Label::as_str).collect(),
        team: routing.team.map(|team| team.0.to_string()),
        to: routing.only.map(|user| user.to_string()),
        by: by.map(requester),
    }
}

fn requester(by: &Requester) -> By<'_> {
    match by {
        Requester::Customer => By { kind: "customer", id: None, name: None },
        Requester::Agent { user, name } => By { kind: "agent", id: Some(user.to_string()), name: Some(name.as_str()) },
        Requester::Service => By { kind: "service", id: None, name: None },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_sources_of_an_answer_say_which_place_of_which_document_they_are() {
        let document = "01920000-0000-7000-8000-000000000001";
        let cited = json!({"document": document, "version": 2, "start": 5_210, "end": 5_240});
        let message = json!({
            "id": "00000000-0000-0000-0000-000000000007", "author": "assistant", "at": 0,
            "body": "Three days.",
            "sources": [
                {"id": "chunk:7", "title": "Terms of delivery", "cited": cited},
                {"id": "faq:1", "title": "Delivery", "url": "https://shop.example/delivery"},
                {"id": "x", "title": "X", "url": "javascript:alert(1)"},
            ],
        });
        let posted = Event::Posted(serde_json::from_value(message).unwrap());
        let session = SessionId::parse("s").unwrap();
        let place = Place { session: &session, seq: 4, at: Timestamp::default(), position: None };
        let told: Value = serde_json::from_slice(&event(&posted, place, &|_| None).unwrap()).unwrap();
        let expected = json!([
            {"title": "Terms of delivery", "url": null, "cited": cited},
            {"title": "Delivery", "url": "https://shop.example/delivery", "cited": null},
            {"title": "X", "url": null, "cited": null},
        ]);
        assert_eq!(told["sources"], expected);
        assert!(told.get("sent_at").is_none() && told.get("late").is_none(), "nobody says when it was written");
    }

    #[test]
    fn a_message_that_came_late_says_when_it_was_written() {
        let told = |minutes_before: i64| {
            let (at, sent_at) = (1_700_000_000_000_i64, 1_700_000_000_000 - minutes_before * 60_000);
            let message = json!({
                "id": "00000000-0000-0000-0000-000000000007", "author": "customer", "at": at, "sent_at": sent_at,
                "body": "Hello",
            });
            let posted = Event::Posted(serde_json::from_value(message).unwrap());
            let session = SessionId::parse("s").unwrap();
            let place = Place { session: &session, seq: 4, at: Timestamp::from_ms(at), position: None };
            serde_json::from_slice::<Value>(&event(&posted, place, &|_| None).unwrap()).unwrap()
        };
        let late = told(120);
        assert_eq!((&late["late"], &late["sent_at"]), (&json!(true), &json!("2023-11-14T20:13:20.000Z")));
        let soon = told(2);
        assert_eq!((soon.get("late"), &soon["sent_at"]), (None, &json!("2023-11-14T22:11:20.000Z")));
    }
}
