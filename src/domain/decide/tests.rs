//! Each rule of a conversation as a sentence, by subject; here, one session that is driven by hand.

mod messages;
mod owners;
mod people;
mod suggestions;
mod turns;
mod waiting;

use std::cell::Cell;

use super::*;
use crate::domain::desk::DeskEvent;
use crate::domain::desk::event::OfferEnd;
use crate::domain::policy::AfterFallback;
use crate::domain::recent::RECENT_IDS_MAX;
use crate::domain::session::SecretHash;
use crate::domain::turn::{self, Step, next_step};
use crate::domain::{
    Answer, Body, Channel, ClientMessageId, Entity, MessageId, Notice, OrganizationId, PersonName, SessionId,
    SessionKey, evolve,
};

thread_local! {
    static IDS: Cell<u128> = const { Cell::new(1) };
}

fn fresh_id() -> Uuid {
    Uuid::from_u128(IDS.replace(IDS.get() + 1))
}

/// One session, driven by hand.
struct Talk {
    state: State,
    policy: Policy,
    now: Timestamp,
}

impl Talk {
    fn new() -> Self {
        let session = SessionId::parse("s-1").unwrap();
        let key = SessionKey { organization: OrganizationId::default_organization(), session };
        Self { state: State::unborn(key), policy: Policy::default(), now: Timestamp::from_ms(1_000_000) }
    }

    fn wait_ms(&mut self, ms: u64) {
        self.now = self.now.plus_ms(i64::try_from(ms).unwrap());
    }

    fn try_do(&mut self, command: Command) -> Result<Decision, Refusal> {
        let at = Moment { now: self.now, policy: &self.policy, fresh_id };
        let decision = decide(&self.state, &command, at)?;
        decision.events.iter().for_each(|event| evolve(&mut self.state, event));
        Ok(decision)
    }

    fn act(&mut self, command: Command) -> Vec<Event> {
        self.try_do(command).unwrap().events
    }

    fn post(&mut self, visitor: Visitor, client_id: Option<&str>) -> (Receipt, Vec<Event>) {
        let client_id = client_id.map(|id| ClientMessageId::parse(id).unwrap());
        let body = Body::parse("text", "hello").unwrap();
        let draft = Draft {
            id: MessageId(fresh_id()),
            body,
            client_id,
            metadata: None,
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        };
        let decision = self.try_do(Command::Post { visitor, opening: Some(opening()), draft }).unwrap();
        let Outcome::Posted(receipt) = decision.outcome else { panic!("not posted") };
        (receipt, decision.events)
    }

    fn says(&mut self) -> Vec<Event> {
        self.post(customer(), None).1
    }

    fn next(&mut self) -> Step {
        next_step(&mut self.state, &self.policy, self.now)
    }

    /// Waits until the burst is over and starts its work.
    fn work(&mut self) -> Work {
        self.wait_ms(self.policy.quiet_ms);
        let Step::Start(work) = self.next() else { panic!("no work is due: {:?}", self.state.turn) };
        turn::begin(&mut self.state, work);
        work
    }

    fn finish(&mut self, work: Work, action: Action) -> Vec<Event> {
        self.act(Command::Finished { work, result: Ok(action) })
    }
}

fn customer() -> Visitor {
    Visitor::Customer(CustomerId::parse("jo").unwrap())
}

fn agent() -> Visitor {
    Visitor::Staff { user: UserId(Uuid::nil()), name: PersonName::parse("name", "Sam Lee").unwrap() }
}

fn opening() -> Opening {
    Opening { channel: Channel::Web, resume: None, language: None, name: None }
}

fn reply_with(text: &str) -> Action {
    Action::Reply(Answer { text: text.to_owned(), reading: sure(), sources: Vec::new(), cached: false })
}

fn sure() -> Reading {
    Reading { intent: "return_policy".to_owned(), confidence: 0.9, entities: Vec::new() }
}

fn ask_for_hand_over() -> Action {
    Action::HandOver { reason: "it is beyond me".to_owned(), reading: Reading::default() }
}

/// The events in short: what a reader of the log would tell.
fn told(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(word).collect()
}

fn word(event: &Event) -> &'static str {
    match event {
        Event::Started(_) => "started",
        Event::Posted(message) => match message.author {
            Author::Customer => "customer",
            Author::Assistant => "assistant",
            Author::Agent { .. } => "agent",
            Author::Notice(Notice::Handover) => "handover notice",
            Author::Notice(Notice::Queued) => "queue notice",
            Author::Notice(Notice::Fallback) => "fallback notice",
            Author::Notice(Notice::OutOfHours) => "out of hours",
            Author::Notice(Notice::Service) => "service",
            Author::Notice(Notice::Subscription) => "subscription",
        },
        Event::Suggested(_) => "suggested",
        Event::Condensed(_) => "condensed",
        Event::Desk(event) => desk_word(event),
        Event::OwnerMoved { owner, .. } => match owner {
            Owner::Assistant => "to assistant",
            Owner::Queue => "to queue",
            Owner::Human { .. } => "to human",
            Owner::Closed => "closed",
        },
        Event::TurnEnded { outcome, .. } => match outcome {
            TurnOutcome::Replied => "replied",
            TurnOutcome::HandedOver => "handed over",
            TurnOutcome::Queued => "queued",
            TurnOutcome::Fallback => "fell back",
            TurnOutcome::TakenOver => "taken over",
            TurnOutcome::Closed => "turn closed",
        },
        Event::ContextReset { .. } => "reset",
        Event::CommandParked { .. } => "parked",
    }
}

fn desk_word(event: &DeskEvent) -> &'static str {
    match event {
        DeskEvent::Routed { .. } => "routed",
        DeskEvent::Offered(_) => "offered",
        DeskEvent::OfferEnded { how: OfferEnd::Accepted, .. } => "offer accepted",
        DeskEvent::OfferEnded { how: OfferEnd::Declined, .. } => "offer declined",
        DeskEvent::OfferEnded { how: OfferEnd::TimedOut, .. } => "offer timed out",
        DeskEvent::OfferEnded { how: OfferEnd::Withdrawn, .. } => "offer withdrawn",
        DeskEvent::Noted(_) => "note",
        DeskEvent::Held { .. } => "held",
        DeskEvent::Unheld { .. } => "unheld",
        DeskEvent::Read { .. } => "read",
        DeskEvent::WrappedUp { .. } => "wrapped up",
        DeskEvent::RatingAsked { .. } => "rating asked",
        DeskEvent::Rated(_) => "rated",
        DeskEvent::Target { .. } => "target",
        DeskEvent::Summarized { .. } => "summary",
    }
}

fn entity(kind: &str, value: Option<&str>) -> Entity {
    Entity { kind: kind.to_owned(), value: value.map(str::to_owned) }
}
