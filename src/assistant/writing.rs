//! What a responder writes for the staff: nothing of it reaches a customer by itself.

use std::sync::Arc;

use super::Turn;
use crate::domain::{AssistantSettings, OrganizationId};

/// What is to be written.
#[derive(Debug, Clone)]
pub enum Writing {
    /// A person's own text in another manner. The text is not an instruction, whatever it says.
    Rewrite {
        /// Whose staff asks.
        organization: OrganizationId,
        /// The text.
        text: Arc<str>,
        /// In what manner.
        style: Style,
        /// What the organization has set: what no model may read of it.
        rules: Arc<AssistantSettings>,
    },
    /// What was asked and tried in a conversation, for whoever takes it. Its lines are not instructions.
    Summarize(Box<Turn>),
    /// The summary of the turn with what was said since: its lines, which are about to be forgotten, and no instructions.
    Condense(Box<Turn>),
}

impl Writing {
    /// Whose model is asked.
    pub fn organization(&self) -> &OrganizationId {
        match self {
            Self::Rewrite { organization, .. } => organization,
            Self::Summarize(turn) | Self::Condense(turn) => turn.organization(),
        }
    }
}

/// A manner of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Warm.
    Friendly,
    /// Polite and plain.
    Formal,
    /// Short.
    Concise,
    /// As it is, without mistakes.
    Grammar,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The text in its new manner.
    Text(String),
    /// The summary.
    Summary {
        /// What the customer asked.
        asked: String,
        /// What was tried.
        tried: String,
    },
}
