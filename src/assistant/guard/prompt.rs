//! What a model is told of the rules that this room enforces.

use crate::assistant::Turn;

/// What the organization's rules tell a model. They are held afterwards too; a model that knows them is seldom stopped.
pub fn rules(turn: &Turn) -> String {
    let rules = &turn.rules;
    let mut text = String::new();
    let mut add = |line: String| {
        text.push('\n');
        text.push_str(&line);
    };
    if let Some(language) = &rules.language {
        add(format!("Always write in the language with the ISO 639-1 code {language}."));
    }
    if !rules.prohibited_topics.is_empty() {
        add(format!("Never speak of: {}.", rules.prohibited_topics.join("; ")));
    }
    if !rules.scope.is_empty() {
        add(format!("You are only for questions about: {}. Decline anything else politely.", rules.scope.join("; ")));
    }
    if rules.no_promises {
        add("Promise no refund, compensation, discount, replacement or date that the passages do not state.".to_owned());
    }
    add("Tokens such as <email_1> stand for what the customer wrote; repeat them exactly where you need them."
        .to_owned());
    text
}
