//! The rounds of one turn: the model is asked, the tools that it calls are used, and it is asked again with what they told,
//! until it answers. Rounds, calls, what tools tell and the time are bounded; a model that does not come to an end by then,
//! or calls wrongly a second time, has failed.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep, timeout_at};

use super::attempt::{Ear, Provider};
use super::fault::Fault;
use super::request::{self, Prompt};
use super::stream::Said;
use crate::assistant::cite::{Evidence, Speaking, Spoken};
use crate::assistant::tools::{Call, FOUND_MAX, HttpTools, Means, Offer, Wanted};
use crate::assistant::{Delta, Passage, Speaker, Turn};

/// What came of the rounds.
#[derive(Debug)]
pub(super) enum Finished {
    /// A text; whether it may be sent is in it.
    Text(Spoken),
    /// A human should take over.
    HandOver {
        /// Why.
        reason: String,
    },
    /// A value is to be asked for.
    Ask {
        /// Which.
        slot: String,
        /// The question.
        question: Spoken,
    },
}

/// One turn's rounds.
pub(super) struct Rounds<'a> {
    provider: &'a Provider,
    means: &'a Means,
    http: &'a HttpTools,
    turn: &'a Turn,
    out: &'a Sender<Delta>,
    /// Whether the reader has seen any text that was not withdrawn.
    shown: &'a mut bool,
    at_latest: Instant,
    offer: Offer,
    evidence: Evidence,
    /// The conversation as it was before any tool was used.
    first: Vec<Value>,
    /// What was called and told since.
    since: Vec<Value>,
    calls_left: usize,
    bytes_left: usize,
    called_wrongly: bool,
}

/// What the rounds are made with.
pub(super) struct Bench<'a> {
    /// Who is asked.
    pub provider: &'a Provider,
    /// What tools stand on.
    pub means: &'a Means,
    /// Who asks the organization's services.
    pub http: &'a HttpTools,
    /// Where text goes.
    pub out: &'a Sender<Delta>,
}

impl<'a> Rounds<'a> {
    /// Prepares them.
    pub(super) fn new(bench: &Bench<'a>, turn: &'a Turn, passages: Vec<Passage>, shown: &'a mut bool) -> Self {
        let config = &bench.provider.config;
        Self {
            provider: bench.provider,
            means: bench.means,
            http: bench.http,
            turn,
            out: bench.out,
            shown,
            at_latest: Instant::now() + Duration::from_millis(config.total_timeout_ms),
            offer: Offer::of(bench.means, turn),
            evidence: evidence(turn, &config.persona, passages),
            first: Vec::new(),
            since: Vec::new(),
            calls_left: config.tool_calls_max,
            bytes_left: config.tool_results_max_bytes,
            called_wrongly: false,
        }
    }

    /// Asks until there is an outcome.
    pub(super) async fn run(mut self) -> Result<Finished, Fault> {
        for round in 0..=self.provider.config.tool_rounds_max {
            let may_call = round < self.provider.config.tool_rounds_max;
            let (said, spoken) = self.ask(may_call).await?;
            if said.calls.is_empty() {
                return self.told(spoken).await;
            }
            self.withdraw().await;
            if let Some(finished) = self.use_tools(said).await? {
                return Ok(finished);
            }
        }
        Err(Fault::garbage("the model does not come to an end with its tools"))
    }

    async fn told(&self, spoken: Spoken) -> Result<Finished, Fault> {
        if spoken.text.trim().is_empty() {
            return Err(Fault::garbage("the answer is empty"));
        }
        if let Some(rest) = spoken.rest.clone() {
            let _gone = self.out.send(Delta::Text(rest)).await;
        }
        Ok(Finished::Text(spoken))
    }

    /// Asks once, and again where that can help and nothing was shown yet.
    async fn ask(&mut self, may_call: bool) -> Result<(Said, Spoken), Fault> {
        let config = &self.provider.config;
        let mut attempt = 0;
        loop {
            let tools =
                if may_call && self.provider.quirks.takes_tools() { self.offer.described() } else { Vec::new() };
            if self.since.is_empty() {
                let (turn, evidence) = (self.turn, &self.evidence);
                self.first = Prompt { config, turn, evidence, tools: &tools }.messages();
            }
            let messages = [self.first.as_slice(), self.since.as_slice()].concat();
            let body = request::body(config, &self.provider.quirks, &messages, &tools);
            let mut used = self.provider.unused();
            let mut ear = Ear { speaking: Speaking::new(&self.evidence), out: self.out, shown: &mut *self.shown };
            let asked = timeout_at(self.at_latest, self.provider.ask(&body, Some(&mut ear), &mut used)).await;
            let spoken = ear.speaking.finish(config.answer_max_chars);
            let _gone = self.out.send(Delta::Used(used)).await;
            let fault = match asked.unwrap_or_else(|_| Err(Fault::stalled("no whole answer in time"))) {
                Ok(said) => return Ok((said, spoken)),
                Err(fault) => fault,
            };
            if fault.lacks.is_some_and(|feature| self.provider.quirks.learn(feature)) {
                continue;
            }
            let wait = fault.wait(attempt, Duration::from_millis(config.retry_base_ms), rand::random());
            let in_time = self.at_latest.checked_duration_since(Instant::now()).is_some_and(|left| wait < left);
            if *self.shown || !fault.retry || attempt >= config.retries_max || !in_time {
                return Err(fault);
            }
            sleep(wait).await;
            attempt += 1;
        }
    }

    /// Text before a call is no answer: what was seen of it goes.
    async fn withdraw(&mut self) {
        if std::mem::take(self.shown) {
            let _gone = self.out.send(Delta::Withdrawn).await;
        }
    }

    /// Does what the model calls for. An outcome ends the turn; otherwise what the tools told stands in the conversation.
    async fn use_tools(&mut self, said: Said) -> Result<Option<Finished>, Fault> {
        let read: Vec<(Call, Result<Wanted, String>)> =
            said.calls.into_iter().map(|call| (call.clone(), call.read(&self.offer))).collect();
        for (_, wanted) in &read {
            if let Ok(Wanted::HandOver { reason }) = wanted {
                return Ok(Some(Finished::HandOver { reason: reason.clone() }));
            }
        }
        let wrongly = read.iter().any(|(_, wanted)| wanted.is_err());
        if wrongly && std::mem::replace(&mut self.called_wrongly, true) {
            return Err(Fault::garbage("the model calls tools wrongly"));
        }
        let calls: Vec<Value> = read.iter().map(|(call, _)| call.repeated()).collect();
        self.since.push(json!({ "role": "assistant", "content": "", "tool_calls": calls }));
        let mut asks = None;
        for (call, wanted) in read {
            let told = match wanted {
                Ok(Wanted::Ask { slot, question }) => {
                    let question = self.question(&question);
                    let told = if question.founded {
                        json!({ "asked": true })
                    } else {
                        wrong("ask without claiming anything")
                    };
                    asks = asks.or(question.founded.then_some(Finished::Ask { slot, question }));
                    told
                }
                Ok(wanted) => self.told_by(&call.name, wanted).await,
                Err(why) => wrong(&why),
            };
            let content = self.clipped(&told);
            self.since.push(json!({ "role": "tool", "tool_call_id": call.id, "content": content }));
        }
        Ok(asks)
    }

    /// A question is held to the same as an answer: it must not smuggle a claim in.
    fn question(&self, text: &str) -> Spoken {
        let mut speaking = Speaking::new(&self.evidence);
        speaking.push(text);
        speaking.finish(self.provider.config.answer_max_chars)
    }

    async fn told_by(&mut self, name: &str, wanted: Wanted) -> Value {
        let Some(left) = self.calls_left.checked_sub(1) else {
            return wrong("no tool can be used any more; answer now");
        };
        self.calls_left = left;
        metrics::counter!("assistant_tool_calls_total").increment(1);
        let at_latest = self.at_latest;
        let told = timeout_at(at_latest, self.use_tool(name, wanted)).await;
        told.unwrap_or_else(|_| wrong("it took too long"))
    }

    async fn use_tool(&mut self, name: &str, wanted: Wanted) -> Value {
        let organization = self.turn.organization();
        match wanted {
            Wanted::Search { query } => {
                let Some(search) = &self.means.search else { return wrong("there is no such tool") };
                let found = search(organization.clone(), query, FOUND_MAX).await;
                let mut passages = Vec::new();
                for passage in found.into_iter().take(FOUND_MAX) {
                    if let Some(number) = self.evidence.add(passage.clone()) {
                        passages.push(request::passage_data(number, &passage));
                    }
                }
                json!({ "passages": passages })
            }
            Wanted::Remember { key, value } => {
                let (Some(remember), Some(customer)) = (&self.means.remember, &self.turn.customer) else {
                    return wrong("there is no such tool");
                };
                let value = self.turn.shield.reveal(&value).into_owned();
                match remember(organization.clone(), customer.clone(), key, value).await {
                    Ok(()) => json!({ "remembered": true }),
                    Err(_) => wrong("it could not be remembered"),
                }
            }
            Wanted::Own { arguments } => {
                let Some(tool) = self.offer.own(name) else { return wrong("there is no such tool") };
                let answered = self.http.ask(tool, &self.turn.shield.reveal_within(arguments)).await;
                let result = self.turn.shield.conceal_within(answered.result);
                if answered.succeeded {
                    self.evidence.hear(&result.to_string());
                    self.turn.shield.hear(result.to_string());
                }
                json!({ "status": answered.status, "result": result })
            }
            Wanted::HandOver { .. } | Wanted::Ask { .. } => wrong("it was not used"),
        }
    }

    /// As much as may still be told in this turn.
    fn clipped(&mut self, told: &Value) -> String {
        let mut text = told.to_string();
        if text.len() > self.bytes_left {
            let end = (0..=self.bytes_left).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            text.truncate(end);
            text.push_str("… (cut off)");
        }
        self.bytes_left = self.bytes_left.saturating_sub(text.len());
        text
    }
}

/// What the answer may rest on before any tool is used: the passages, and numbers that were told already. Of what the
/// customer wrote only what looks like the name of something: a number that they ask about is not told by that. What is
/// remembered bears out what is said of themselves alone.
fn evidence(turn: &Turn, persona: &str, passages: Vec<Passage>) -> Evidence {
    let mut evidence = Evidence::default();
    for passage in passages {
        evidence.add(passage);
    }
    evidence.know(persona);
    evidence.know(&turn.rules.persona);
    turn.known.values().for_each(|value| evidence.know(value));
    turn.memories.iter().for_each(|memory| evidence.remember(&memory.key, &memory.value));
    for line in &turn.history {
        match line.speaker {
            Speaker::Assistant | Speaker::Agent => evidence.know(&line.text),
            Speaker::Customer | Speaker::Marker => evidence.know_names(&line.text),
        }
    }
    turn.messages.iter().for_each(|text| evidence.know_names(text));
    evidence
}

fn wrong(why: &str) -> Value {
    json!({ "error": why })
}
