//! How an organization wants its sessions run: windows, deadlines and fixed texts.

use std::sync::Arc;

use super::desk::DeskSettings;
use super::session::Owner;
use super::settings::AssistantSettings;

/// The settings that the rules read. Durations are in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Who owns a new session: the assistant, or the queue where there is none.
    pub first_owner: Owner,
    /// How long a customer must be quiet before their burst is answered.
    pub quiet_ms: u64,
    /// How long a burst may go on before it is answered all the same.
    pub burst_max_ms: u64,
    /// How long a turn may take before the fallback goes out.
    pub deadline_ms: u64,
    /// Whether the fallback is followed by a handover.
    pub after_fallback: AfterFallback,
    /// The least time between two notices to a customer that they wait.
    pub queue_notice_every_ms: u64,
    /// Whether the assistant suggests answers to the staff while a session waits for a human or has one.
    pub suggests: bool,
    /// Whether what leaves the short-term memory is put together in short.
    pub condenses: bool,
    /// What the organization sets of its assistant.
    pub assistant: Arc<AssistantSettings>,
    /// What the organization sets of its desk.
    pub desk: Arc<DeskSettings>,
    /// Fixed texts.
    pub texts: Texts,
}

/// What happens when the assistant could not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFallback {
    /// The assistant keeps the session.
    Stay,
    /// A human is asked to take over.
    HandOver,
}

/// What customers read when no answer comes from anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// A human has been asked.
    pub handover: String,
    /// The customer waits.
    pub queued: String,
    /// The assistant could not answer.
    pub fallback: String,
    /// A human has the conversation; for callers that must be told something at once.
    pub with_human: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            first_owner: Owner::Assistant,
            quiet_ms: 300,
            burst_max_ms: 3_000,
            deadline_ms: 30_000,
            after_fallback: AfterFallback::HandOver,
            queue_notice_every_ms: 60_000,
            suggests: true,
            condenses: false,
            assistant: Arc::default(),
            desk: Arc::default(),
            texts: Texts {
                handover: "Connecting you with a human agent...".to_owned(),
                queued: "You are in the queue. An agent will be with you as soon as one is free.".to_owned(),
                fallback: "Sorry, I could not work out an answer just now.".to_owned(),
                with_human: "An agent has your conversation and will answer here.".to_owned(),
            },
        }
    }
}
