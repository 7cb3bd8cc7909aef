//! What the assistant makes of a turn: an answer, or an action. Handover is an action, never a magic word in the text.

use serde::{Deserialize, Serialize};

/// One thing that was named in a customer's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// What it is: `order`, `order_number`, `email`, `phone`, `date`.
    pub kind: String,
    /// What was said, normalised; `None` when only the kind was named ("my order").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// How the customer's words were understood.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Snake case: `greet`, `order_inquiry`, `order_status`, `return_policy`, `request_human`, `unknown`.
    pub intent: String,
    /// 0..1.
    pub confidence: f32,
    /// In the order they were named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
}

/// Where an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The passage's id in the knowledge.
    pub id: String,
    /// What a person would call it.
    pub title: String,
}

/// A text to post, with what it rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What the customer reads.
    pub text: String,
    /// How the turn was understood.
    pub reading: Reading,
    /// Empty for small talk and questions back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// What the assistant wants done with the turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Post this; the assistant keeps the session.
    Reply(Answer),
    /// Ask for a missing value by name; posted like a reply.
    AskFor {
        /// The slot: `order_number`.
        slot: String,
        /// The question.
        answer: Answer,
    },
    /// A human should take over.
    HandOver {
        /// Why, as a short phrase for the agent.
        reason: String,
        /// How the turn was understood.
        reading: Reading,
    },
    /// The customer is done: post this and close.
    Close(Answer),
}

/// Why no action came. Each ends the turn with the fixed fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It took longer than the turn may.
    Deadline,
    /// The responder broke: panic, garbage, refusal of the provider.
    Broken,
    /// The organization's budget is spent.
    OverBudget,
}

/// What came of a turn's work.
pub type TurnResult = Result<Action, Failure>;
