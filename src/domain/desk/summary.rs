//! What whoever takes a session should know first, made of what the session knows: no model is asked. A better one may
//! replace it.

use std::collections::BTreeMap;

use super::event::{DeskEvent, Summary};
use crate::domain::memory::{Line, Speaker};
use crate::domain::policy::Policy;
use crate::domain::text::clipped;
use crate::domain::{Event, State};

/// How many of the customer's last messages it holds.
const ASKED_MESSAGES_MAX: usize = 3;

/// The longest message in it, in bytes.
const LINE_MAX_BYTES: usize = 400;

/// The longest part of a summary, in bytes.
const PART_MAX_BYTES: usize = 2_000;

/// The most named values in a summary.
const KNOWN_MAX: usize = 32;

/// The longest name or value, in bytes.
const KNOWN_MAX_BYTES: usize = 256;

/// What was asked, tried and is known, as the assistant or the customer asks for a human; `None` when nothing was said.
/// `why` is what kept the assistant from going on, where it is more than the customer's wish.
pub(in crate::domain) fn at_handover(state: &State, why: Option<&str>, policy: &Policy) -> Option<Event> {
    let asked = asked(state);
    let answer = state.memory.lines().rev().find(|line| is_answer(line, policy));
    let answer = answer.map(|line| clipped(&line.text, LINE_MAX_BYTES));
    let tried = answer.into_iter().chain(why).collect::<Vec<_>>().join("\n");
    let known = state.known.iter().filter_map(|(kind, value)| Some((kind.clone(), value.clone()?))).collect();
    let newest = state.memory.lines().next_back().map(|line| line.seq)?;
    let event = DeskEvent::Summarized { summary: within_limits(&Summary { asked, tried, known }), upto: newest };
    (state.counters.customer_messages > 0).then_some(Event::Desk(event))
}

/// A summary within its limits: a model may have made it.
pub(super) fn within_limits(summary: &Summary) -> Summary {
    let part = |text: &str| clipped(text, PART_MAX_BYTES).to_owned();
    let short = |text: &str| clipped(text, KNOWN_MAX_BYTES).to_owned();
    let known = summary.known.iter().take(KNOWN_MAX).map(|(kind, value)| (short(kind), short(value)));
    Summary { asked: part(&summary.asked), tried: part(&summary.tried), known: known.collect::<BTreeMap<_, _>>() }
}

fn asked(state: &State) -> String {
    let messages = state.memory.lines().rev().filter(|line| line.speaker == Speaker::Customer);
    let mut messages: Vec<&str> =
        messages.take(ASKED_MESSAGES_MAX).map(|line| clipped(&line.text, LINE_MAX_BYTES)).collect();
    messages.reverse();
    messages.join("\n")
}

/// Whether the assistant made it up: the fixed texts are no answers.
fn is_answer(line: &Line, policy: &Policy) -> bool {
    let texts = &policy.texts;
    let fixed = [&texts.handover, &texts.queued, &texts.fallback, &policy.desk.texts.out_of_hours];
    line.speaker == Speaker::Assistant && fixed.iter().all(|text| ***text != *line.text)
}
