//! What a command leads to. Every rule of a conversation is here or in [`super::turn`]; nothing here touches the world.

mod announce;

use uuid::Uuid;

use self::announce::announce;
use super::answer::{Action, Failure};
use super::attachment::check_attachments;
use super::command::{Command, Draft, Opening, Outcome, Receipt, Visitor, plain_message};
use super::condense;
use super::desk::decide::{noted, taken_up};
use super::desk::rating;
use super::desk::routing::{Subject, routed_by};
use super::ending::{fall_back, hand_over, moves, queue_notice, queued, reading_of, reply, suggested, turn_ended};
use super::event::{Event, Requester, Started, TurnOutcome};
use super::message::{Author, LATE_AFTER_MS, Message, Notice, check_metadata};
use super::policy::Policy;
use super::session::{Channel, Owner, Purpose, State, Turn, Work};
use super::turn::{is_overdue, still_suggestable, still_wanted};
use super::{Body, ClientMessageId, CustomerId, MessageId, Reading, Refusal, Timestamp, TurnResult, UserId};

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

/// Decides. Never changes the state; [`super::evolve()`] does, event by event.
///
/// # Errors
/// The refusal that the caller is told; nothing happens then.
pub fn decide(state: &State, command: &Command, at: Moment<'_>) -> Result<Decision, Refusal> {
    match command {
        Command::Enter { visitor, opening } => enter(state, visitor, opening.as_ref(), at),
        Command::Post { visitor, opening, draft } => post(state, visitor, opening.as_ref(), draft, at),
        Command::Announce { visitor, draft } => announce(state, visitor, draft, at),
        Command::Notify { client_id, body } => notify(state, client_id, body, at),
        Command::RequestHuman { visitor } => existing(state, visitor).map(|()| request_human(state, visitor, at)),
        Command::TakeOver { visitor, if_epoch } => take_over(state, visitor, *if_epoch, at),
        Command::HandBack { visitor, if_epoch } => hand_back(state, visitor, *if_epoch, at),
        Command::ReturnToQueue { visitor, note, if_epoch } => {
            return_to_queue(state, visitor, note.as_ref(), *if_epoch, at)
        }
        Command::Close { visitor } => existing(state, visitor).map(|()| close(state, visitor, at)),
        Command::Reset { visitor } => existing(state, visitor).map(|()| reset(state)),
        Command::Finished { work, result } => Ok(finished(state, *work, result, at)),
        Command::Condense { condensing, text } => {
            let taken = condense::taken(state, *condensing, text, at.now);
            Ok(done(taken.map(Event::Condensed).into_iter().collect()))
        }
        Command::Tick => Ok(tick(state, at)),
        Command::Desk(command) => super::desk::decide::decide(state, command, at),
        Command::Park { command, attempts, work } => Ok(park(state, command, *attempts, *work, at)),
    }
}

fn enter(state: &State, visitor: &Visitor, opening: Option<&Opening>, at: Moment<'_>) -> Result<Decision, Refusal> {
    if state.exists() {
        visitor.enter(state)?;
        let (position, customer, owner) = (state.position(), state.customer.clone(), state.owner.clone());
        let outcome = Outcome::Entered { position, begun: false, customer, owner };
        return Ok(Decision { events: Vec::new(), outcome });
    }
    let events = begin(state, visitor, opening, at)?;
    let customer = customer_of(visitor)?.clone();
    let position = super::session::Position { stream: at.now.as_ms().unsigned_abs(), seq: events.len() as u64 };
    let owner = at.policy.first_owner.clone();
    Ok(Decision { events, outcome: Outcome::Entered { position, begun: true, customer, owner } })
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
        if let Some(repeat) = repeat_of(state, visitor.user(), draft.client_id.as_ref()) {
            return Ok(Decision { events: Vec::new(), outcome: Outcome::Posted(repeat) });
        }
    }
    let quiet = draft.quiet || is_late(state, draft, at.now);
    // Most often the message is the only event.
    let mut events = if state.exists() { Vec::with_capacity(1) } else { begin(state, visitor, opening, at)? };
    let (author, moved) = match visitor {
        Visitor::Customer(_) | Visitor::Anonymous { .. } if quiet => (Author::Customer, Vec::new()),
        Visitor::Customer(_) | Visitor::Anonymous { .. } => (Author::Customer, reopened(state, visitor, at)),
        Visitor::Staff { user, name } => {
            // What comes behind something of theirs is no word of its own.
            let moved = if draft.quiet { Vec::new() } else { taken_by(state, *user, visitor, at) };
            (Author::Agent { user: *user, name: name.clone() }, moved)
        }
        Visitor::Service => return Err(Refusal::Forbidden),
    };
    check_metadata(draft.metadata.as_ref())?;
    check_attachments(&draft.attachments)?;
    events.extend(moved);
    if author == Author::Customer && !quiet {
        events.extend(taken_up(state, None, at));
    }
    let seq = state.next_seq + events.len() as u64;
    let message = Message {
        client_id: draft.client_id.clone(),
        metadata: draft.metadata.clone(),
        quiet,
        sent_at: draft.sent_at.map(|at_sender| at_sender.min(at.now)),
        attachments: draft.attachments.clone(),
        ..plain_message(draft.id, author.clone(), draft.body.clone(), at.now)
    };
    events.push(Event::Posted(message));
    let owner = owner_after(state, &events, at.policy);
    let awaits_turn = author == Author::Customer && owner == Owner::Assistant && !quiet;
    match (&author, &owner) {
        (Author::Customer, Owner::Queue) if !quiet => events.extend(queue_notice(state, at)),
        (Author::Agent { .. }, _) if !draft.quiet => events.extend(turn_ended(state, TurnOutcome::TakenOver)),
        (Author::Agent { .. } | Author::Customer | Author::Assistant | Author::Notice(_), _) => {}
    }
    let stream = if state.exists() { state.stream } else { at.now.as_ms().unsigned_abs() };
    let receipt = Receipt { message: draft.id, seq, stream, duplicate: false, awaits_turn };
    Ok(Decision { events, outcome: Outcome::Posted(receipt) })
}

/// Says something fixed that moves nothing: whoever has the session keeps it, and an open turn stays open.
fn notify(state: &State, client_id: &ClientMessageId, body: &Body, at: Moment<'_>) -> Result<Decision, Refusal> {
    existing(state, &Visitor::Service)?;
    if let Some(repeat) = repeat_of(state, None, Some(client_id)) {
        return Ok(Decision { events: Vec::new(), outcome: Outcome::Posted(repeat) });
    }
    let id = MessageId((at.fresh_id)());
    let message = Message {
        client_id: Some(client_id.clone()),
        ..plain_message(id, Author::Notice(Notice::Subscription), body.clone(), at.now)
    };
    let seq = state.next_seq;
    let receipt = Receipt { message: id, seq, stream: state.stream, duplicate: false, awaits_turn: false };
    Ok(Decision { events: vec![Event::Posted(message)], outcome: Outcome::Posted(receipt) })
}

/// Whether a newer message of the customer's was answered before this one came, and it was written long ago: an answer would be to what
/// they have left behind. It stands in the conversation as it came, and nobody waits for an answer to it.
fn is_late(state: &State, draft: &Draft, now: Timestamp) -> bool {
    let (Some(sent), Some(newest)) = (draft.sent_at, state.last_sent_at) else { return false };
    sent < newest && now.since_ms(sent) > LATE_AFTER_MS && state.unanswered.is_none()
}

fn request_human(state: &State, visitor: &Visitor, at: Moment<'_>) -> Decision {
    match state.owner {
        Owner::Assistant | Owner::Closed => {
            let by = visitor.requester();
            // Only what the customer said tells what the customer is about.
            let (reason, reading) = match by {
                Requester::Customer => ("the customer asked for a human", asked_for_human()),
                Requester::Agent { .. } => ("an agent asked for a human", Reading::default()),
                Requester::Service => ("a human was asked for on the customer's behalf", Reading::default()),
            };
            done(hand_over(state, reason, Some(by), &reading, at))
        }
        Owner::Queue => done(queue_notice(state, at).into_iter().collect()),
        Owner::Human { .. } => done(Vec::new()),
    }
}

fn take_over(state: &State, visitor: &Visitor, if_epoch: Option<u64>, at: Moment<'_>) -> Result<Decision, Refusal> {
    existing(state, visitor)?;
    let user = visitor.user().ok_or(Refusal::Forbidden)?;
    if !has(state, user) {
        unmoved(state, visitor, if_epoch)?;
    }
    let mut events = taken_by(state, user, visitor, at);
    events.extend(turn_ended(state, TurnOutcome::TakenOver));
    Ok(done(events))
}

/// Whether the session stands as whoever wants something of it saw it, if they say so. Whoever has it may be behind: their own
/// words may have moved it.
pub(super) fn unmoved(state: &State, visitor: &Visitor, if_epoch: Option<u64>) -> Result<(), Refusal> {
    let is_theirs = visitor.user().is_some_and(|user| has(state, user));
    if !is_theirs && if_epoch.is_some_and(|seen| seen != state.epoch) {
        return Err(Refusal::conflict("the session has moved on since"));
    }
    Ok(())
}

/// Back to whoever owns a new session: the assistant, or the queue where there is none.
fn hand_back(state: &State, visitor: &Visitor, if_epoch: Option<u64>, at: Moment<'_>) -> Result<Decision, Refusal> {
    if at.policy.first_owner != Owner::Assistant {
        return return_to_queue(state, visitor, None, if_epoch, at);
    }
    existing(state, visitor)?;
    visitor.user().ok_or(Refusal::Forbidden)?;
    if state.owner == Owner::Assistant {
        return Ok(done(Vec::new()));
    }
    unmoved(state, visitor, if_epoch)?;
    Ok(done(moves(state, Owner::Assistant, "handed back by an agent", Some(visitor.requester()), at)))
}

/// The customer waits again, and is told so: whatever they were waiting for, it is not silence.
fn return_to_queue(
    state: &State,
    visitor: &Visitor,
    note: Option<&(Uuid, Body)>,
    if_epoch: Option<u64>,
    at: Moment<'_>,
) -> Result<Decision, Refusal> {
    existing(state, visitor)?;
    let Visitor::Staff { user, name } = visitor else { return Err(Refusal::Forbidden) };
    if state.owner == Owner::Queue && note.is_none() {
        return Ok(done(Vec::new()));
    }
    unmoved(state, visitor, if_epoch)?;
    let noted = note.map(|(id, body)| noted(*id, *user, name, body, at));
    let mut events: Vec<Event> = noted.into_iter().collect();
    if state.owner == Owner::Queue {
        return Ok(done(events));
    }
    let by = Some(visitor.requester());
    events.extend(moves(state, Owner::Queue, "returned to the queue by an agent", by, at));
    events.push(queued(at));
    events.extend(turn_ended(state, TurnOutcome::Queued));
    Ok(done(events))
}

fn close(state: &State, visitor: &Visitor, at: Moment<'_>) -> Decision {
    if state.owner == Owner::Closed {
        return done(Vec::new());
    }
    let ended = turn_ended(state, TurnOutcome::Closed);
    let closed = closed(state, "ended on request", Some(visitor.requester()), at);
    done(ended.into_iter().chain(closed).collect())
}

/// The session ends, and its customer is asked how it was, if they are to be.
pub(super) fn closed(state: &State, reason: &str, by: Option<Requester>, at: Moment<'_>) -> Vec<Event> {
    let mut events = moves(state, Owner::Closed, reason, by, at);
    events.extend(rating::asked(state, at));
    events
}

/// Forgets what was said before the messages that still wait for a reply, be it now or after a hand-back. A second reset finds
/// nothing to forget, and leaves no event: resets can not fill a log.
fn reset(state: &State) -> Decision {
    let waiting = state.turn.as_ref().map(|turn| turn.id).or(state.unanswered.map(|(first, _)| first));
    let keep_from = waiting.unwrap_or(state.next_seq);
    if !state.memory.reaches_before(keep_from) && !state.knows_anything() {
        return done(Vec::new());
    }
    done(vec![Event::ContextReset { keep_from }])
}

fn finished(state: &State, work: Work, result: &TurnResult, at: Moment<'_>) -> Decision {
    if work.purpose == Purpose::Suggestion {
        let wanted = still_suggestable(state, work);
        return done(wanted.then(|| suggested(work, result, at)).into_iter().collect());
    }
    if still_wanted(state, work).is_none() {
        return done(Vec::new());
    }
    if let Some(reason) = kept_back(result, at.policy) {
        let reading = reading_of(result).cloned().unwrap_or_default();
        let events = hand_over(state, reason, None, &reading, at);
        return done(std::iter::once(suggested(work, result, at)).chain(events).collect());
    }
    match result {
        Ok(Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer)) if answer.is_blank() => {
            done(fall_back(state, Failure::Broken, at))
        }
        Ok(Action::Reply(answer)) => done(reply(state, answer, None, at)),
        Ok(Action::AskFor { slot, answer }) => done(reply(state, answer, Some(slot), at)),
        Ok(Action::HandOver { reason, reading }) => done(hand_over(state, reason, None, reading, at)),
        Ok(Action::Close(answer)) => {
            let mut events = reply(state, answer, None, at);
            events.extend(closed(state, "the customer is done", None, at));
            done(events)
        }
        Err(failure) => done(fall_back(state, *failure, at)),
    }
}

/// Why an answer that came is for the staff alone, if it is. A question back claims nothing, so nobody need be sure of it.
fn kept_back(result: &TurnResult, policy: &Policy) -> Option<&'static str> {
    let settings = &policy.assistant;
    match result {
        Ok(Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer)) if answer.is_blank() => None,
        Ok(Action::Reply(_) | Action::AskFor { .. } | Action::Close(_)) if !settings.auto_reply => {
            Some("the assistant only suggests")
        }
        Ok(Action::Reply(answer) | Action::Close(answer)) if !settings.gives(&answer.reading) => {
            Some("the assistant is not sure")
        }
        Ok(_) | Err(_) => None,
    }
}

fn tick(state: &State, at: Moment<'_>) -> Decision {
    match &state.turn {
        Some(turn) if is_overdue(turn, at.policy, at.now) => done(fall_back(state, Failure::Deadline, at)),
        Some(_) | None => done(Vec::new()),
    }
}

/// A suggestion that breaks the session counts as made, and says nothing: otherwise it would be made again without end.
fn park(state: &State, command: &str, attempts: u32, work: Option<Work>, at: Moment<'_>) -> Decision {
    if !state.exists() {
        return done(Vec::new());
    }
    let mut events = vec![Event::CommandParked { command: command.to_owned(), attempts }];
    let suggestion = work.filter(|work| still_suggestable(state, *work));
    events.extend(suggestion.map(|work| suggested(work, &Err(Failure::Broken), at)));
    if matches!(state.owner, Owner::Assistant | Owner::Closed) {
        events.extend(hand_over(state, "a message could not be processed", None, &Reading::default(), at));
    }
    done(events)
}

fn begin(state: &State, visitor: &Visitor, opening: Option<&Opening>, at: Moment<'_>) -> Result<Vec<Event>, Refusal> {
    let opening = opening.ok_or(Refusal::NotFound { what: "session" })?;
    let started = Started {
        customer: customer_of(visitor)?.clone(),
        verified: matches!(visitor, Visitor::Customer(_)),
        channel: opening.channel,
        resume: opening.resume.clone(),
        at: at.now,
        language: opening.language.clone(),
        name: opening.name.clone(),
    };
    let mut events = vec![Event::Started(started)];
    if at.policy.first_owner != Owner::Assistant {
        let (owner, reason) = (at.policy.first_owner.clone(), "no assistant is configured".to_owned());
        events.push(Event::OwnerMoved { owner, epoch: 1, reason, by: None, at: at.now });
        events.extend(routed(state, opening.channel, opening.language.as_deref(), at));
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

pub(super) fn existing(state: &State, visitor: &Visitor) -> Result<(), Refusal> {
    if state.exists() { visitor.enter(state) } else { Err(Refusal::NotFound { what: "session" }) }
}

fn repeat_of(state: &State, user: Option<UserId>, client_id: Option<&ClientMessageId>) -> Option<Receipt> {
    let known = state.recent(user, client_id?)?;
    // A note may stand within the customer's burst.
    let is_in = |turn: &Turn| user.is_none() && turn.id <= known.seq && known.seq <= turn.upto;
    let awaits_turn = state.turn.as_ref().is_some_and(is_in);
    Some(Receipt { message: known.message, seq: known.seq, stream: state.stream, duplicate: true, awaits_turn })
}

fn reopened(state: &State, visitor: &Visitor, at: Moment<'_>) -> Vec<Event> {
    if !state.exists() || state.owner != Owner::Closed {
        return Vec::new();
    }
    let (owner, by) = (at.policy.first_owner.clone(), Some(visitor.requester()));
    let mut events = moves(state, owner, "the customer wrote again", by, at);
    if at.policy.first_owner == Owner::Queue {
        events.extend(routed(state, state.channel, state.language.as_deref(), at));
    }
    events
}

/// How the queue is to treat a session that comes there without a word of the assistant's.
fn routed(state: &State, channel: Channel, language: Option<&str>, at: Moment<'_>) -> Option<Event> {
    let intents = ["", state.intent.as_deref().unwrap_or_default()];
    routed_by(&at.policy.desk.rules, state, &Subject { intents, channel, language })
}

/// Anything a human writes takes ownership.
fn taken_by(state: &State, user: UserId, visitor: &Visitor, at: Moment<'_>) -> Vec<Event> {
    match visitor {
        Visitor::Staff { name, .. } if !has(state, user) => {
            let owner = Owner::Human { user, name: name.clone() };
            moves(state, owner, "an agent took over", Some(visitor.requester()), at)
        }
        Visitor::Staff { .. } | Visitor::Customer(_) | Visitor::Anonymous { .. } | Visitor::Service => Vec::new(),
    }
}

pub(super) fn has(state: &State, user: UserId) -> bool {
    matches!(&state.owner, Owner::Human { user: owner, .. } if *owner == user)
}

fn owner_after(state: &State, events: &[Event], policy: &Policy) -> Owner {
    let moved = events.iter().rev().find_map(|event| match event {
        Event::OwnerMoved { owner, .. } => Some(owner.clone()),
        Event::Started(_) => Some(policy.first_owner.clone()),
        Event::Posted(_)
        | Event::TurnEnded { .. }
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. }
        | Event::Desk(_) => None,
    });
    moved.unwrap_or_else(|| state.owner.clone())
}

fn asked_for_human() -> Reading {
    Reading { intent: "request_human".to_owned(), confidence: 1.0, entities: Vec::new() }
}

pub(super) const fn done(events: Vec<Event>) -> Decision {
    Decision { events, outcome: Outcome::Done }
}

#[cfg(test)]
mod tests;
