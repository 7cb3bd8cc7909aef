//! Questions without an answer as JSON.

use crate::domain::unanswered::{Example, Unanswered};
use crate::http::console::wire::{AskedRow, UnansweredRow};

/// A group.
pub(in crate::http::console) fn unanswered(group: &Unanswered) -> UnansweredRow {
    let asked = |example: &Example| AskedRow {
        text: example.text.clone(),
        session: example.session.to_string(),
        at: example.at.to_string(),
    };
    UnansweredRow {
        id: group.id.to_string(),
        question: group.question.clone(),
        examples: group.examples.iter().map(asked).collect(),
        asked: group.asked,
        first_seen: group.first_seen.to_string(),
        last_seen: group.last_seen.to_string(),
        status: group.status.as_str(),
        faq: group.faq.map(|faq| faq.to_string()),
    }
}
