//! Asks an organization's own service who is to get a session: POST of the session and of who may get it, answered with
//! `{"agent": "<id>"}` or null. It waits beside the desk, never in it, and no longer than its time; whatever goes wrong is
//! [`HookAnswer::Failed`], and the desk decides by itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::UserId;
use crate::domain::desk::AgentCard;
use crate::domain::desk::board::{HookAnswer, HookQuestion};
use crate::outward::Reach;

/// The longest answer that is read, in bytes.
const ANSWER_MAX_BYTES: usize = 4 * 1024;

/// How organizations' own services are asked.
#[derive(Debug, Clone)]
pub struct HookConfig {
    /// How long one has to answer, in milliseconds.
    pub timeout_ms: u64,
    /// Whether it may be at an address of a private network or of this machine.
    pub private_addresses: bool,
}

impl Default for HookConfig {
    fn default() -> Self {
        Self { timeout_ms: 2_000, private_addresses: false }
    }
}

/// The client that asks.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    client: Option<reqwest::Client>,
    reach: Reach,
}

#[derive(Serialize)]
struct Question<'a> {
    session: Session<'a>,
    agents: Vec<Agent<'a>>,
}

#[derive(Serialize)]
struct Session<'a> {
    id: &'a str,
    customer: &'a str,
    customer_name: Option<&'a str>,
    channel: &'static str,
    language: Option<&'a str>,
    intent: Option<&'a str>,
    priority: crate::domain::desk::event::Priority,
    skills: Vec<&'a str>,
    team: Option<String>,
    queued_at: Option<String>,
    last_agent: Option<String>,
}

#[derive(Serialize)]
struct Agent<'a> {
    id: String,
    name: &'a str,
    load: u32,
    capacity: u32,
    skills: Vec<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    agent: Option<String>,
}

impl Hook {
    pub(super) fn new(config: &HookConfig) -> Self {
        let reach = Reach::of(config.private_addresses);
        let builder = reach.client().timeout(Duration::from_millis(config.timeout_ms));
        let client = builder.build().inspect_err(|error| tracing::error!(%error, "no client for routing hooks"));
        Self { client: client.ok(), reach }
    }

    /// Asks.
    pub(super) async fn ask(&self, url: &str, question: &HookQuestion) -> HookAnswer {
        match self.answer(url, question).await {
            Ok(answer) => answer,
            Err(why) => {
                metrics::counter!("switchboard_desk_hook_failures_total").increment(1);
                tracing::warn!(%why, "the routing hook did not answer");
                HookAnswer::Failed
            }
        }
    }

    async fn answer(&self, url: &str, question: &HookQuestion) -> Result<HookAnswer, String> {
        let client = self.client.as_ref().ok_or("there is no client")?;
        let url: reqwest::Url = url.parse().map_err(|_| "the address does not read")?;
        if !self.reach.permits(&url) {
            return Err("the address is a private one".to_owned());
        }
        let said = |error: reqwest::Error| error.without_url().to_string();
        let mut response = client.post(url).json(&body(question)).send().await.map_err(said)?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status().as_u16()));
        }
        let mut read = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(said)? {
            if read.len() + piece.len() > ANSWER_MAX_BYTES {
                return Err("the answer is too long".to_owned());
            }
            read.extend_from_slice(&piece);
        }
        let answer: Answer = serde_json::from_slice(&read).map_err(|_| "the answer does not read")?;
        match answer.agent {
            None => Ok(HookAnswer::Nobody),
            Some(id) => UserId::parse(&id).map(HookAnswer::Agent).ok_or_else(|| "the answer names nobody".to_owned()),
        }
    }
}

fn body(question: &HookQuestion) -> Question<'_> {
    let case = &question.case;
    let routing = &case.service.routing;
    let session = Session {
        id: case.key.session.as_str(),
        customer: case.customer.as_str(),
        customer_name: case.customer_name.as_ref().map(crate::domain::PersonName::as_str),
        channel: case.channel.as_str(),
        language: case.language.as_deref(),
        intent: case.intent.as_deref(),
        priority: routing.priority,
        skills: routing.skills.iter().map(crate::domain::Label::as_str).collect(),
        team: routing.team.map(|team| team.0.to_string()),
        queued_at: case.service.queued_at.map(|at| at.to_string()),
        last_agent: case.service.last_agent.map(|user| user.to_string()),
    };
    Question { session, agents: question.eligible.iter().map(agent).collect() }
}

fn agent(card: &AgentCard) -> Agent<'_> {
    Agent {
        id: card.user.to_string(),
        name: card.name.as_str(),
        load: card.load,
        capacity: card.capacity,
        skills: card.skills.iter().map(crate::domain::Label::as_str).collect(),
    }
}
