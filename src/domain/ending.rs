//! How a turn ends, and what the customer reads then: a reply, a handover, the fallback, or that they wait.

use super::answer::{Action, Answer, Failure, NAME_MAX_BYTES, SOURCES_MAX, TurnResult};
use super::command::plain_message;
use super::decide::Moment;
use super::desk::decide::parting;
use super::desk::event::OfferEnd;
use super::desk::routing::{Subject, routed_by};
use super::desk::summary;
use super::event::{Event, Requester, Suggestion, TurnOutcome};
use super::message::{Author, Message, Notice};
use super::policy::AfterFallback;
use super::session::{Owner, State, Work};
use super::text::clipped;
use super::{Body, MessageId, Reading, Source, Timestamp};

/// The longest reason for a change of owner, in bytes: it is stored, and models read it.
const REASON_MAX_BYTES: usize = 256;

/// Posts the answer and ends the turn.
pub(super) fn reply(state: &State, answer: &Answer, asks_for: Option<&String>, at: Moment<'_>) -> Vec<Event> {
    let message = Message {
        reading: Some(answer.reading.clipped()),
        sources: answer.sources.iter().take(SOURCES_MAX).map(Source::clipped).collect(),
        cached: answer.cached,
        asks_for: asks_for.map(|slot| clipped(slot, NAME_MAX_BYTES).to_owned()),
        ..plain_message(MessageId((at.fresh_id)()), Author::Assistant, body(answer, at), at.now)
    };
    std::iter::once(Event::Posted(message)).chain(turn_ended(state, TurnOutcome::Replied)).collect()
}

/// What the assistant would say, for the staff; where it would say nothing, only how it understood the customer.
pub(super) fn suggested(work: Work, result: &TurnResult, at: Moment<'_>) -> Event {
    let answer = match result {
        Ok(Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer)) => Some(answer),
        Ok(Action::HandOver { .. }) | Err(_) => None,
    };
    let text = answer.filter(|answer| !answer.is_blank()).map(|answer| body(answer, at).as_str().to_owned());
    let reading = reading_of(result).map(Reading::clipped).unwrap_or_default();
    Event::Suggested(Suggestion { turn: work.turn, upto: work.upto, reading, text, at: at.now })
}

/// How the customer was understood, if anything came.
pub(super) const fn reading_of(result: &TurnResult) -> Option<&Reading> {
    match result {
        Ok(Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer)) => Some(&answer.reading),
        Ok(Action::HandOver { reading, .. }) => Some(reading),
        Err(_) => None,
    }
}

/// An answer's text within the organization's limit.
fn body(answer: &Answer, at: Moment<'_>) -> Body {
    Body::clipped(&answer.within(at.policy.assistant.reply_max_chars))
}

/// Sends the session to the queue and says so, with what people should know; an open turn ends with that.
pub(super) fn hand_over(
    state: &State,
    reason: &str,
    by: Option<Requester>,
    reading: &Reading,
    at: Moment<'_>,
) -> Vec<Event> {
    let mut notice = notice(Notice::Handover, &at.policy.texts.handover, at);
    notice.reading = Some(reading.clipped());
    let why = by.is_none().then_some(reason);
    let intents = [reading.intent.as_str(), state.intent.as_deref().unwrap_or_default()];
    let subject = Subject { intents, channel: state.channel, language: state.language.as_deref() };
    let mut events = moves(state, Owner::Queue, reason, by, at);
    events.extend([Event::Posted(notice), queued(at)]);
    events.extend(routed_by(&at.policy.desk.rules, state, &subject));
    events.extend(summary::at_handover(state, why, at.policy));
    events.extend(turn_ended(state, TurnOutcome::HandedOver));
    events
}

/// Posts the fixed fallback, since no action came, and does what the policy says besides.
pub(super) fn fall_back(state: &State, failure: Failure, at: Moment<'_>) -> Vec<Event> {
    let mut events = vec![Event::Posted(notice(Notice::Fallback, &at.policy.texts.fallback, at))];
    let reason = match failure {
        Failure::Deadline => "the assistant took too long",
        Failure::Broken => "the assistant failed",
        Failure::OverBudget => "the assistant's budget is spent",
    };
    match at.policy.after_fallback {
        AfterFallback::Stay => events.extend(turn_ended(state, TurnOutcome::Fallback)),
        AfterFallback::HandOver => events.extend(hand_over(state, reason, None, &Reading::default(), at)),
    }
    events
}

/// Tells a waiting customer that they wait, but not with every message. After a clock went back they are told again:
/// once too often is better than never.
pub(super) fn queue_notice(state: &State, at: Moment<'_>) -> Option<Event> {
    let fresh = |told: Timestamp| told <= at.now && at.now.since_ms(told) < at.policy.queue_notice_every_ms;
    (!state.queue_notice_at.is_some_and(fresh)).then(|| queued(at))
}

/// Tells the customer that they wait, and out of business hours that nobody is there.
pub(super) fn queued(at: Moment<'_>) -> Event {
    let policy = at.policy;
    Event::Posted(match policy.desk.is_open(at.now) {
        true => notice(Notice::Queued, &policy.texts.queued, at),
        false => notice(Notice::OutOfHours, &policy.desk.texts.out_of_hours, at),
    })
}

fn notice(kind: Notice, text: &str, at: Moment<'_>) -> Message {
    plain_message(MessageId((at.fresh_id)()), Author::Notice(kind), Body::clipped(text), at.now)
}

/// The session gets another owner, and what people had under way in it ends.
pub(super) fn moves(state: &State, owner: Owner, reason: &str, by: Option<Requester>, at: Moment<'_>) -> Vec<Event> {
    parting(state, OfferEnd::Withdrawn, at).chain([moved(state, owner, reason, by, at)]).collect()
}

/// The session gets another owner. The reason may be a model's words, so it is cut at a limit.
pub(super) fn moved(state: &State, owner: Owner, reason: &str, by: Option<Requester>, at: Moment<'_>) -> Event {
    let reason = clipped(reason, REASON_MAX_BYTES).to_owned();
    Event::OwnerMoved { owner, epoch: state.epoch + 1, reason, by, at: at.now }
}

/// The end of the open turn, if there is one.
pub(super) fn turn_ended(state: &State, outcome: TurnOutcome) -> Option<Event> {
    state.turn.as_ref().map(|turn| Event::TurnEnded { turn: turn.id, upto: turn.upto, outcome })
}
