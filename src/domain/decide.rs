//! What a command leads to. Every rule of a conversation is here or in [`super::turn`]; nothing here touches the world.

use uuid::Uuid;

use super::answer::{Action, Answer, Failure};
use super::command::{Command, Draft, Opening, Outcome, Receipt, Visitor, plain_message};
use super::event::{Event, Started, TurnOutcome};
use super::message::{Author, Message, Notice};
use super::policy::{AfterFallback, Policy};
use super::session::{Owner, State, Work};
use super::turn::{is_overdue, still_wanted};
use super::{Body, CustomerId, MessageId, Reading, Refusal, Timestamp, TurnResult, UserId};

/// What a decision may look at besides the state.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Now.
    pub now: Timestamp,
    /// How the organization wants its sessions run.
    pub policy: &'a Policy,
    /// Where new ids come from.
    pub fresh_id: fn() -> Uuid,
}

/// What a command led to: the events to make durable, and what the caller is told afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// To be appended together, or not at all.
    pub events: Vec<Event>,
    /// Told once they are durable.
    pub outcome: Outcome,
}

/// Decides. Never changes the state; [`super::evolve`] does, event by event.
///
/// # Errors
/// The refusal that the caller is told; nothing happens then.
pub fn decide(state: &State, command: &Command, at: Moment<'_>) -> Result<Decision, Refusal> {
    match command {
        Command::Enter { visitor, opening } => enter(state, visitor, opening.as_ref(), at),
        Command::Post { visitor, opening, draft } => post(state, visitor, opening.as_ref(), draft, at),
        Command::RequestHuman { visitor } => existing(state, visitor).map(|()| request_human(state, at)),
        Command::TakeOver { visitor } => take_over(state, visitor),
        Command::HandBack { visitor } => release(state, visitor, Owner::Assistant, "handed back by an agent"),
        Command::ReturnToQueue { visitor } => {
            release(state, visitor, Owner::Queue, "returned to the queue by an agent")
        }
        Command::Close { visitor } => existing(state, visitor).map(|()| close(state, "ended on request")),
        Command::Reset { visitor } => existing(state, visitor).map(|()| done(vec![Event::ContextReset])),
        Command::Finished { work, result } => Ok(finished(state, *work, result, at)),
        Command::Tick => Ok(tick(state, at)),
        Command::Park { command, attempts } => Ok(park(state, command, *attempts, at)),
    }
}

fn enter(state: &State, visitor: &Visitor, opening: Option<&Opening>, at: Moment<'_>) -> Result<Decision, Refusal> {
    if state.exists() {
        visitor.enter(state)?;
        let outcome = Outcome::Entered { position: state.position(), begun: false, customer: state.customer.clone() };
        return Ok(Decision { events: Vec::new(), outcome });
    }
    let events = begin(visitor, opening, at)?;
    let customer = customer_of(visitor)?.clone();
    let position = super::session::Position { stream: at.now.as_ms().unsigned_abs(), seq: events.len() as u64 };
    Ok(Decision { events, outcome: Outcome::Entered { position, begun: true, customer } })
}

fn post(
    state: &State,
    visitor: &Visitor,
    opening: Option<&Opening>,
    draft: &Draft,
    at: Moment<'_>,
) -> Result<Decision, Refusal> {
    if state.exists() {
        visitor.enter(state)?;
        if let Some(repeat) = repeat_of(state, visitor.user(), draft) {
            return Ok(Decision { events: Vec::new(), outcome: Outcome::Posted(repeat) });
        }
    }
    let mut events = if state.exists() { Vec::new() } else { begin(visitor, opening, at)? };
    let (author, moved) = match visitor {
        Visitor::Customer(_) | Visitor::Anonymous { .. } => (Author::Customer, reopened(state)),
        Visitor::Staff { user, name } => {
            (Author::Agent { user: *user, name: name.clone() }, taken_by(state, *user, visitor))
        }
        Visitor::Service => return Err(Refusal::Forbidden),
    };
    events.extend(moved);
    let seq = state.next_seq + events.len() as u64;
    let message = Message {
        client_id: draft.client_id.clone(),
        metadata: draft.metadata.clone(),
        ..plain_message(draft.id, author.clone(), draft.body.clone(), at.now)
    };
    events.push(Event::Posted(message));
    let owner = owner_after(state, &events, at.policy);
    let awaits_turn = author == Author::Customer && owner == Owner::Assistant;
    match (&author, &owner) {
        (Author::Customer, Owner::Queue) => events.extend(queue_notice(state, at)),
        (Author::Agent { .. }, _) => events.extend(turn_ended(state, TurnOutcome::TakenOver)),
        (Author::Customer | Author::Assistant | Author::Notice(_), _) => {}
    }
    let stream = if state.exists() { state.stream } else { at.now.as_ms().unsigned_abs() };
    let receipt = Receipt { message: draft.id, seq, stream, duplicate: false, awaits_turn };
    Ok(Decision { events, outcome: Outcome::Posted(receipt) })
}

fn request_human(state: &State, at: Moment<'_>) -> Decision {
    match state.owner {
        Owner::Assistant | Owner::Closed => {
            done(hand_over(state, "the customer asked for a human", &asked_for_human(), at))
        }
        Owner::Queue => done(queue_notice(state, at).into_iter().collect()),
        Owner::Human { .. } => done(Vec::new()),
    }
}

fn take_over(state: &State, visitor: &Visitor) -> Result<Decision, Refusal> {
    existing(state, visitor)?;
    let user = visitor.user().ok_or(Refusal::Forbidden)?;
    let mut events: Vec<Event> = taken_by(state, user, visitor).into_iter().collect();
    events.extend(turn_ended(state, TurnOutcome::TakenOver));
    Ok(done(events))
}

fn release(state: &State, visitor: &Visitor, to: Owner, reason: &str) -> Result<Decision, Refusal> {
    existing(state, visitor)?;
    visitor.user().ok_or(Refusal::Forbidden)?;
    if state.owner == to {
        return Ok(done(Vec::new()));
    }
    let ended = turn_ended(state, TurnOutcome::Queued);
    Ok(done(std::iter::once(moved(state, to, reason)).chain(ended).collect()))
}

fn close(state: &State, reason: &str) -> Decision {
    if state.owner == Owner::Closed {
        return done(Vec::new());
    }
    let ended = turn_ended(state, TurnOutcome::Closed);
    done(ended.into_iter().chain([moved(state, Owner::Closed, reason)]).collect())
}

fn finished(state: &State, work: Work, result: &TurnResult, at: Moment<'_>) -> Decision {
    if still_wanted(state, work).is_none() {
        return done(Vec::new());
    }
    match result {
        Ok(Action::Reply(answer)) => done(reply(state, answer, None, at)),
        Ok(Action::AskFor { slot, answer }) => done(reply(state, answer, Some(slot), at)),
        Ok(Action::HandOver { reason, reading }) => done(hand_over(state, reason, reading, at)),
        Ok(Action::Close(answer)) => {
            let mut events = reply(state, answer, None, at);
            events.push(moved(state, Owner::Closed, "the customer is done"));
            done(events)
        }
        Err(failure) => done(fall_back(state, *failure, at)),
    }
}

fn tick(state: &State, at: Moment<'_>) -> Decision {
    match &state.turn {
        Some(turn) if is_overdue(turn, at.policy, at.now) => done(fall_back(state, Failure::Deadline, at)),
        Some(_) | None => done(Vec::new()),
    }
}

fn park(state: &State, command: &str, attempts: u32, at: Moment<'_>) -> Decision {
    if !state.exists() {
        return done(Vec::new());
    }
    let mut events = vec![Event::CommandParked { command: command.to_owned(), attempts }];
    if matches!(state.owner, Owner::Assistant) {
        events.extend(hand_over(state, "a message could not be processed", &Reading::default(), at));
    }
    done(events)
}

fn begin(visitor: &Visitor, opening: Option<&Opening>, at: Moment<'_>) -> Result<Vec<Event>, Refusal> {
    let opening = opening.ok_or(Refusal::NotFound { what: "session" })?;
    let started = Started {
        customer: customer_of(visitor)?.clone(),
        verified: matches!(visitor, Visitor::Customer(_)),
        channel: opening.channel,
        resume: opening.resume.clone(),
        at: at.now,
        language: opening.language.clone(),
    };
    let mut events = vec![Event::Started(started)];
    if at.policy.first_owner != Owner::Assistant {
        let owner = at.policy.first_owner.clone();
        events.push(Event::OwnerMoved { owner, epoch: 1, reason: "no assistant is configured".to_owned() });
    }
    Ok(events)
}

/// Only a customer begins a session; staff and services join one.
fn customer_of(visitor: &Visitor) -> Result<&CustomerId, Refusal> {
    match visitor {
        Visitor::Customer(customer) | Visitor::Anonymous { claimed: customer, .. } => Ok(customer),
        Visitor::Staff { .. } | Visitor::Service => Err(Refusal::NotFound { what: "session" }),
    }
}

fn existing(state: &State, visitor: &Visitor) -> Result<(), Refusal> {
    if state.exists() { visitor.enter(state) } else { Err(Refusal::NotFound { what: "session" }) }
}

fn repeat_of(state: &State, user: Option<UserId>, draft: &Draft) -> Option<Receipt> {
    let known = state.recent(user, draft.client_id.as_ref()?)?;
    let awaits_turn = state.turn.as_ref().is_some_and(|turn| turn.id <= known.seq && known.seq <= turn.upto);
    Some(Receipt { message: known.message, seq: known.seq, stream: state.stream, duplicate: true, awaits_turn })
}

fn reopened(state: &State) -> Option<Event> {
    (state.exists() && state.owner == Owner::Closed).then(|| moved(state, Owner::Assistant, "the customer wrote again"))
}

/// Anything a human writes takes ownership.
fn taken_by(state: &State, user: UserId, visitor: &Visitor) -> Option<Event> {
    let Visitor::Staff { name, .. } = visitor else { return None };
    let held = matches!(&state.owner, Owner::Human { user: owner, .. } if *owner == user);
    (!held).then(|| moved(state, Owner::Human { user, name: name.clone() }, "an agent took over"))
}

fn owner_after(state: &State, events: &[Event], policy: &Policy) -> Owner {
    let moved = events.iter().rev().find_map(|event| match event {
        Event::OwnerMoved { owner, .. } => Some(owner.clone()),
        Event::Started(_) => Some(policy.first_owner.clone()),
        Event::Posted(_) | Event::TurnEnded { .. } | Event::ContextReset | Event::CommandParked { .. } => None,
    });
    moved.unwrap_or_else(|| state.owner.clone())
}

fn reply(state: &State, answer: &Answer, asks_for: Option<&String>, at: Moment<'_>) -> Vec<Event> {
    let message = Message {
        reading: Some(answer.reading.clone()),
        sources: answer.sources.clone(),
        asks_for: asks_for.cloned(),
        ..plain_message(MessageId((at.fresh_id)()), Author::Assistant, Body::clipped(&answer.text), at.now)
    };
    std::iter::once(Event::Posted(message)).chain(turn_ended(state, TurnOutcome::Replied)).collect()
}

fn hand_over(state: &State, reason: &str, reading: &Reading, at: Moment<'_>) -> Vec<Event> {
    let mut notice = notice(Notice::Handover, &at.policy.texts.handover, at);
    notice.reading = Some(reading.clone());
    let mut events = vec![moved(state, Owner::Queue, reason), Event::Posted(notice)];
    events.push(Event::Posted(self::notice(Notice::Queued, &at.policy.texts.queued, at)));
    events.extend(turn_ended(state, TurnOutcome::HandedOver));
    events
}

fn fall_back(state: &State, failure: Failure, at: Moment<'_>) -> Vec<Event> {
    let mut events = vec![Event::Posted(notice(Notice::Fallback, &at.policy.texts.fallback, at))];
    let reason = match failure {
        Failure::Deadline => "the assistant took too long",
        Failure::Broken => "the assistant failed",
        Failure::OverBudget => "the assistant's budget is spent",
    };
    match at.policy.after_fallback {
        AfterFallback::Stay => events.extend(turn_ended(state, TurnOutcome::Fallback)),
        AfterFallback::HandOver => events.extend(hand_over(state, reason, &Reading::default(), at)),
    }
    events
}

/// Tells a waiting customer that they wait, but not with every message.
fn queue_notice(state: &State, at: Moment<'_>) -> Option<Event> {
    let told = state.queue_notice_at.is_some_and(|told| at.now.since_ms(told) < at.policy.queue_notice_every_ms);
    (!told).then(|| Event::Posted(notice(Notice::Queued, &at.policy.texts.queued, at)))
}

fn notice(kind: Notice, text: &str, at: Moment<'_>) -> Message {
    plain_message(MessageId((at.fresh_id)()), Author::Notice(kind), Body::clipped(text), at.now)
}

fn moved(state: &State, owner: Owner, reason: &str) -> Event {
    Event::OwnerMoved { owner, epoch: state.epoch + 1, reason: reason.to_owned() }
}

fn turn_ended(state: &State, outcome: TurnOutcome) -> Option<Event> {
    state.turn.as_ref().map(|turn| Event::TurnEnded { turn: turn.id, upto: turn.upto, outcome })
}

fn asked_for_human() -> Reading {
    Reading { intent: "request_human".to_owned(), confidence: 1.0, entities: Vec::new() }
}

const fn done(events: Vec<Event>) -> Decision {
    Decision { events, outcome: Outcome::Done }
}
