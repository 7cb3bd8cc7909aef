//! The stored form of what people and the desk did, of what a session's header says of it, and of an organization's
//! settings: what was once written still reads, and today's form is the committed one.

use std::collections::BTreeMap;
use std::sync::Arc;

use switchboard::domain::desk::event::{
    Mark, Note, Offer, OfferEnd, Priority, Rating, Reader, Routing, Summary, Target, TeamId,
};
use switchboard::domain::desk::hours::{Exception, Interval, Minute, Week};
use switchboard::domain::desk::promises::{Promises, Running};
use switchboard::domain::desk::service::{RatingState, Service};
use switchboard::domain::desk::settings::{Assignment, DeskTexts, RatingPolicy, Rule, Targets};
use switchboard::domain::desk::{DeskSettings, Hours};
use switchboard::domain::{
    AssistantSettings, Author, Body, Channel, ClientMessageId, DeskEvent, Event, Label, Notice, OrganizationId,
    PiiKind, PiiPattern, Requester, Settings, State, WidgetSettings, ZoneName,
};
use uuid::Uuid;

use super::golden::{assert_reads_and_writes, at, message, name, talkative, user};

const EVENTS: &str = include_str!("../golden/desk_events_v1.json");
/// Since it says what people have to do with a session.
const HEADERS_V2: &str = include_str!("../golden/header_v2.json");
const SETTINGS: &str = include_str!("../golden/settings_v1.json");
/// Since desk and widget have settings.
const SETTINGS_V2: &str = include_str!("../golden/settings_v2.json");
/// Since the assistant has guardrails.
const SETTINGS_V3: &str = include_str!("../golden/settings_v3.json");

#[test]
fn events_of_the_desk_that_were_once_written_still_read() {
    assert_reads_and_writes(EVENTS, &events());
}

#[test]
fn headers_with_people_that_were_once_written_still_read() {
    let served = |service| State { service: Some(Box::new(service)), ..talkative() };
    assert_reads_and_writes(HEADERS_V2, &[served(Service::default()), served(service())]);
}

#[test]
fn settings_that_were_once_written_still_read() {
    let guarded = Settings { assistant: guarded(), ..settings(desk()) };
    assert_reads_and_writes(SETTINGS_V3, &[settings(DeskSettings::default()), guarded]);
    let second: Vec<Settings> = serde_json::from_str(SETTINGS_V2).unwrap();
    assert_eq!(second, [settings(DeskSettings::default()), settings(desk())]);
    let old: Vec<Settings> = serde_json::from_str(SETTINGS).unwrap();
    assert_eq!(old, [settings(DeskSettings::default())]);
}

#[test]
fn a_service_of_an_earlier_version_lacks_what_is_new() {
    assert_eq!(serde_json::from_str::<Service>("{}").unwrap(), Service::default());
}

/// Every kind of event, and every kind of value in it, at least once.
fn events() -> Vec<Event> {
    let by = || Some(Requester::Agent { user: user(), name: name() });
    let mut events = vec![
        DeskEvent::Routed { routing: Routing::default(), by: None },
        DeskEvent::Routed { routing: routing(), by: by() },
    ];
    events.extend([Priority::Urgent, Priority::Low].map(|priority| {
        let routing = Routing { priority, ..Routing::default() };
        DeskEvent::Routed { routing, by: None }
    }));
    events.push(DeskEvent::Offered(offer()));
    let ends = [OfferEnd::Accepted, OfferEnd::Declined, OfferEnd::TimedOut, OfferEnd::Withdrawn];
    events.extend(ends.map(|how| DeskEvent::OfferEnded { user: user(), how, at: at(2_000) }));
    events.extend([None, ClientMessageId::parse("n-1").ok()].map(|client_id| DeskEvent::Noted(note(client_id))));
    events.push(DeskEvent::Held { user: user(), at: at(3_000) });
    events.extend([None, Some(user())].map(|user| DeskEvent::Unheld { user, paused_ms: 1_000, at: at(4_000) }));
    let readers = [Reader::Customer, Reader::Agent(user())];
    events.extend(readers.map(|reader| DeskEvent::Read { reader, upto: 7, at: at(5_000) }));
    let reason = || Label::parse("reason", "solved").unwrap();
    events.extend([None, Some(body("A refund."))].map(|summary| DeskEvent::WrappedUp {
        user: user(),
        reason: reason(),
        summary,
        at: at(6_000),
    }));
    events.push(DeskEvent::RatingAsked { at: at(6_000) });
    events.push(DeskEvent::Rated(Rating { score: 1, comment: None, about: None, at: at(7_000) }));
    let rating = Rating { score: 5, comment: Some(body("Quick!")), about: Some(user()), at: at(7_000) };
    events.push(DeskEvent::Rated(rating));
    for (target, mark) in [
        (Target::FirstResponse, Mark::Warned),
        (Target::NextResponse, Mark::Breached),
        (Target::Resolution, Mark::Warned),
    ] {
        events.push(DeskEvent::Target { target, mark, at: at(8_000) });
    }
    events.extend([Summary::default(), summary()].map(|summary| DeskEvent::Summarized { summary, upto: 9 }));
    let notice = Event::Posted(message(Author::Notice(Notice::OutOfHours), "We are closed."));
    events.into_iter().map(Event::Desk).chain([notice]).collect()
}

fn service() -> Service {
    let clock = |mark| Some(Running { since: at(1_000), paused_ms: 500, mark });
    Service {
        routing: routing(),
        queued_at: Some(at(1_000)),
        offer: Some(offer()),
        declined: vec![(user(), at(1_500))],
        last_agent: Some(user()),
        held_since: Some(at(3_000)),
        newest_message: 41,
        read_by_staff: 30,
        read_by_customer: 20,
        unread: 3,
        unread_at: vec![38, 40],
        tracked_after: 31,
        promises: Promises {
            first_response: clock(None),
            next_response: clock(Some(Mark::Warned)),
            resolution: clock(Some(Mark::Breached)),
        },
        human_wrote: true,
        rating: RatingState::Given(4),
        summary: Some(Arc::new((29, summary()))),
    }
}

fn settings(desk: DeskSettings) -> Settings {
    let organization = OrganizationId::default_organization();
    Settings { organization, assistant: AssistantSettings::default(), desk, widget: WidgetSettings::default() }
}

fn desk() -> DeskSettings {
    DeskSettings {
        policy: Assignment::Hook,
        hook_url: Some("https://shop.example/who".to_owned()),
        hours: Some(hours()),
        targets: Targets { resolution_s: None, ..Targets::default() },
        rules: vec![Rule::default(), rule()],
        rating: RatingPolicy::Always,
        texts: DeskTexts { out_of_hours: "We are closed.".to_owned() },
        ..DeskSettings::default()
    }
}

fn hours() -> Hours {
    let minute = |text| Minute::parse(text).unwrap();
    let mon = vec![Interval(minute("09:00"), minute("12:30")), Interval(minute("13:30"), minute("24:00"))];
    Hours {
        zone: ZoneName::parse("zone", "Europe/Berlin").unwrap(),
        week: Week { mon, ..Week::default() },
        exceptions: vec![Exception { date: "2026-12-24".parse().unwrap(), intervals: Vec::new() }],
    }
}

fn rule() -> Rule {
    Rule {
        intent: Some("refund".to_owned()),
        channel: Some(Channel::Email),
        language: Some("de".to_owned()),
        skills: routing().skills,
        priority: Some(Priority::High),
        team: routing().team,
    }
}

fn routing() -> Routing {
    let skills = ["billing", "de"].map(|skill| Label::parse("skill", skill).unwrap());
    let team = Some(TeamId(Uuid::from_u128(11)));
    Routing { priority: Priority::High, skills: skills.into(), team, only: Some(user()) }
}

fn offer() -> Offer {
    Offer { user: user(), name: name(), until: at(31_000), at: at(1_000) }
}

fn note(client_id: Option<ClientMessageId>) -> Note {
    Note { id: Uuid::from_u128(12), user: user(), name: name(), body: body("Mind this."), client_id, at: at(2_500) }
}

fn summary() -> Summary {
    let known = BTreeMap::from([("order_number".to_owned(), "12345".to_owned())]);
    Summary { asked: "Where is it?".to_owned(), tried: "It is on its way.".to_owned(), known }
}

fn body(text: &str) -> Body {
    Body::parse("text", text).unwrap()
}

/// An assistant with a value in each of its rules.
fn guarded() -> AssistantSettings {
    AssistantSettings {
        prohibited_topics: vec!["legal advice".to_owned()],
        scope: vec!["orders".to_owned(), "returns".to_owned()],
        fallback_message: "Please write to us.".to_owned(),
        language: Some("de".to_owned()),
        no_promises: false,
        pii: vec![PiiKind::Email, PiiKind::DeSteuerId],
        pii_patterns: vec![PiiPattern { name: "member".to_owned(), pattern: r"\bM-\d{4}\b".to_owned() }],
        persona: "You are the assistant of a shop.".to_owned(),
        link_hosts: vec!["shop.example".to_owned()],
        ..AssistantSettings::default()
    }
}
