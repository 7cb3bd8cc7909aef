//! Asks an organization's own service who is to get a session: POST of the session and of who may get it, answered with
//! `{"agent": "<id>"}` or null. It waits beside the desk, never in it, and no longer than its time; whatever goes wrong is
//! [`HookAnswer::Failed`], and the desk decides by itself.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};

use crate::domain::UserId;
use crate::domain::desk::AgentCard;
use crate::domain::desk::board::{HookAnswer, HookQuestion};

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
    private_addresses: bool,
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
        let builder = reqwest::Client::builder()
            .timeout(Duration::from_millis(config.timeout_ms))
            .redirect(Policy::none())
            .no_proxy();
        let builder = if config.private_addresses { builder } else { builder.dns_resolver(PublicOnly) };
        let client = builder.build().inspect_err(|error| tracing::error!(%error, "no client for routing hooks"));
        Self { client: client.ok(), private_addresses: config.private_addresses }
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
        let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        if !self.private_addresses && literal.is_some_and(|address| !is_public(address)) {
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

/// Finds public addresses only: a name must not lead into this machine's own network.
#[derive(Debug, Clone, Copy)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            let unusual = first == 0
                || first >= 224
                || (first == 192 && second == 0)
                || (first == 198 && (18..20).contains(&second));
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared || unusual)
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            // Only global unicast, without the ranges that wrap other networks' addresses.
            (0x2000..0x4000).contains(&first) && first != 0x2002 && !(first == 0x2001 && v6.segments()[1] < 0x0200)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_asked() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "2002:0a00:0001::",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
