//! What an event does to a session's state. Total: every event that was once written can be applied again.

use std::sync::Arc;

use super::attachment::readable;
use super::desk::service as desk;
use super::event::{Event, Started, TurnOutcome};
use super::memory::{Line, Speaker};
use super::message::{Author, Message, Notice};
use super::recent::RecentId;
use super::session::{KNOWN_MAX, Owner, State, Turn};
use super::{Reading, Timestamp};

/// Applies the next event.
pub fn evolve(state: &mut State, event: &Event) {
    let seq = state.next_seq;
    state.next_seq += 1;
    remember(state, seq, event);
    match event {
        Event::Started(started) => begin(state, started),
        Event::Posted(message) => posted(state, seq, message),
        Event::OwnerMoved { owner, epoch, by, at, .. } => {
            desk::owner_moves(state, seq, owner, by.as_ref(), *at);
            owner_moved(state, owner, *epoch, *at);
        }
        Event::TurnEnded { turn, upto, outcome } => turn_ended(state, *turn, *upto, *outcome),
        Event::Condensed(condensed) => state.condensed = Some(condensed.clone()),
        Event::ContextReset { keep_from } => {
            state.condensed = None;
            state.forgotten_before = *keep_from;
            state.known.clear();
            state.intent = None;
            state.pending_slot = None;
        }
        Event::Suggested(suggestion) => state.suggested_upto = state.suggested_upto.max(suggestion.upto),
        Event::CommandParked { .. } => {}
        Event::Desk(event) => desk::evolve(state, seq, event),
    }
}

/// Takes into the short-term parts (memory, recent ids) an event that the rest of the state already holds.
pub fn remember(state: &mut State, seq: u64, event: &Event) {
    match event {
        Event::Started(_)
        | Event::TurnEnded { .. }
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::CommandParked { .. } => {}
        Event::Desk(event) => desk::remember(state, seq, event),
        Event::Posted(message) => {
            let text = readable(&message.body, &message.attachments);
            state.memory.push(Line { seq, speaker: speaker(&message.author), text });
            remember_id(state, seq, message);
        }
        Event::OwnerMoved { owner, reason, .. } => {
            state.memory.push(Line { seq, speaker: Speaker::Marker, text: marker(owner, reason) });
        }
        Event::ContextReset { keep_from } => state.memory.forget_before(*keep_from),
    }
}

fn begin(state: &mut State, started: &Started) {
    state.customer = started.customer.clone();
    state.verified = started.verified;
    state.channel = started.channel;
    state.resume.clone_from(&started.resume);
    state.language.clone_from(&started.language);
    state.customer_name.clone_from(&started.name);
    state.started_at = started.at;
    state.stream = started.at.as_ms().unsigned_abs();
}

fn posted(state: &mut State, seq: u64, message: &Message) {
    desk::posted(state, seq, message);
    state.counters.messages += 1;
    state.counters.with_client_id += u64::from(message.client_id.is_some());
    state.last_message_at = Some(message.at);
    // Nobody answers what is quiet, so it makes nothing else late.
    if !message.quiet {
        state.last_sent_at = state.last_sent_at.max(message.sent_at);
    }
    if let Some(reading) = &message.reading {
        understood(state, reading);
    }
    match &message.author {
        Author::Customer if message.quiet => state.counters.customer_messages += 1,
        Author::Customer => customer_wrote(state, seq, message.at),
        Author::Assistant => {
            state.unanswered = None;
            state.customer_waits = false;
            state.pending_slot.clone_from(&message.asks_for);
        }
        Author::Agent { .. } => {
            state.unanswered = None;
            state.customer_waits = false;
        }
        Author::Notice(Notice::Queued | Notice::OutOfHours) => state.queue_notice_at = Some(message.at),
        Author::Notice(Notice::Handover | Notice::Fallback) => state.pending_slot = None,
        Author::Notice(Notice::Service) => {}
        Author::Notice(Notice::Subscription) => {}
    }
}

fn customer_wrote(state: &mut State, seq: u64, at: Timestamp) {
    state.counters.customer_messages += 1;
    state.customer_waits = true;
    state.unanswered = Some((state.unanswered.map_or(seq, |(first, _)| first), seq));
    if state.owner != Owner::Assistant {
        return;
    }
    match &mut state.turn {
        Some(turn) => {
            turn.upto = seq;
            turn.last_at = at;
        }
        None => state.turn = Some(Turn { id: seq, upto: seq, since: at, last_at: at, working: None }),
    }
}

fn understood(state: &mut State, reading: &Reading) {
    if !reading.intent.is_empty() {
        state.intent = Some(reading.intent.clone());
    }
    for entity in &reading.entities {
        if state.known.len() >= KNOWN_MAX && !state.known.contains_key(&entity.kind) {
            continue;
        }
        let known = state.known.entry(entity.kind.clone()).or_default();
        if entity.value.is_some() {
            known.clone_from(&entity.value);
        }
    }
}

fn owner_moved(state: &mut State, owner: &Owner, epoch: u64, at: Timestamp) {
    let had_nobody_human = matches!(state.owner, Owner::Assistant | Owner::Closed);
    state.owner = owner.clone();
    state.epoch = epoch;
    state.queue_notice_at = None;
    state.pending_slot = None;
    match owner {
        Owner::Assistant => answer_what_is_left(state, at),
        Owner::Queue => state.counters.handovers += u64::from(had_nobody_human),
        Owner::Human { .. } => {
            state.counters.handovers += u64::from(had_nobody_human);
            state.unanswered = None;
        }
        Owner::Closed => {
            state.unanswered = None;
            state.customer_waits = false;
        }
    }
}

/// A session that comes back to the assistant with messages that nobody answered has a turn: it is never silent. Its
/// time runs from the return, not from the messages: nobody could answer them meanwhile.
fn answer_what_is_left(state: &mut State, at: Timestamp) {
    if let (None, Some((first, last))) = (&state.turn, state.unanswered) {
        state.turn = Some(Turn { id: first, upto: last, since: at, last_at: at, working: None });
    }
}

fn turn_ended(state: &mut State, turn: u64, upto: u64, outcome: TurnOutcome) {
    if state.turn.as_ref().is_some_and(|open| open.id == turn) {
        state.turn = None;
    }
    match outcome {
        TurnOutcome::Replied | TurnOutcome::Fallback | TurnOutcome::HandedOver | TurnOutcome::Closed => {
            state.unanswered = state.unanswered.filter(|(_, last)| *last > upto).map(|(_, last)| (upto + 1, last));
        }
        TurnOutcome::Queued | TurnOutcome::TakenOver => {}
    }
}

fn remember_id(state: &mut State, seq: u64, message: &Message) {
    let Some(client_id) = &message.client_id else { return };
    let user = match &message.author {
        Author::Agent { user, .. } => Some(*user),
        Author::Customer | Author::Assistant | Author::Notice(_) => None,
    };
    state.recent.push(RecentId { user, client_id: client_id.clone(), message: message.id, seq });
}

const fn speaker(author: &Author) -> Speaker {
    match author {
        Author::Customer => Speaker::Customer,
        Author::Assistant | Author::Notice(_) => Speaker::Assistant,
        Author::Agent { .. } => Speaker::Agent,
    }
}

/// What a model reads about a change of owner, so that an old request never starts a handover loop.
fn marker(owner: &Owner, reason: &str) -> Arc<str> {
    match owner {
        Owner::Assistant => format!("[the assistant has the conversation again: {reason}]"),
        Owner::Queue => format!("[a human agent was asked for: {reason}]"),
        Owner::Human { name, .. } => format!("[{} took over: {reason}]", name.as_str()),
        Owner::Closed => format!("[the conversation was closed: {reason}]"),
    }
    .into()
}
