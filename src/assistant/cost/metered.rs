//! A responder whose calls are paid for.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use metrics::counter;

use super::ledger::{Account, Ledger, Paid, Reservation};
use super::prices::estimated_tokens;
use crate::assistant::writing::{Writing, Written};
use crate::assistant::{Delta, Responder, Turn, Usage};
use crate::domain::cost::Service;
use crate::domain::{Failure, OrganizationId};

/// What a prompt holds besides the conversation, in characters; for estimates.
const PROMPT_FRAME_CHARS: u64 = 2_000;

/// Which model is asked for an organization; none where nobody is, and answers cost nothing.
pub type ModelOf = Arc<dyn Fn(&OrganizationId) -> Option<String> + Send + Sync>;

/// See the module of the room.
pub struct Metered {
    inner: Arc<dyn Responder>,
    without: Arc<dyn Responder>,
    ledger: Ledger,
    model: ModelOf,
}

/// A turn that is answered, with what it has cost so far.
struct Answering {
    deltas: BoxStream<'static, Delta>,
    bill: Bill,
}

/// What writing something costs, call by call.
struct Tab {
    ledger: Ledger,
    account: Account,
    waiting: Mutex<Vec<Paid>>,
}

impl Tab {
    fn charge(&self, usage: &Usage) {
        let paid = self.ledger.charge(&self.account, usage);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(paid);
    }

    /// Waits until all of it is durable.
    async fn settle(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for paid in waiting {
            paid.durable().await;
        }
    }
}

struct Bill {
    ledger: Ledger,
    account: Account,
    /// Held until the end, so that other turns count with it.
    reservation: Reservation,
    model: String,
    prompt_chars: u64,
    text_chars: u64,
    /// A model was asked, as far as can be seen.
    asked: bool,
    /// Calls that were written down; none: what there was is estimated should the work be thrown away.
    calls: usize,
    waiting: Vec<Paid>,
    done: bool,
}

impl Metered {
    /// `inner` asks each organization's `model` and is paid for; `without` answers once the budget is spent, and costs
    /// nothing. Where an organization has no model, `inner` answers without one.
    pub fn new(inner: Arc<dyn Responder>, without: Arc<dyn Responder>, ledger: Ledger, model: ModelOf) -> Self {
        Self { inner, without, ledger, model }
    }
}

impl Responder for Metered {
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
        let Some(model) = (self.model)(turn.organization()) else { return self.inner.reply(turn) };
        let Ok(reservation) = self.ledger.reserve(turn.organization(), &model) else {
            counter!("switchboard_turns_over_budget_total").increment(1);
            return self.without.reply(turn);
        };
        let bill = Bill {
            ledger: self.ledger.clone(),
            account: Account::of(&turn),
            reservation,
            model,
            prompt_chars: chars_of(&turn),
            text_chars: 0,
            asked: false,
            calls: 0,
            waiting: Vec::new(),
            done: false,
        };
        let answering = Answering { deltas: self.inner.reply(turn), bill };
        let next = |mut answering: Answering| async move {
            let delta = answering.deltas.next().await?;
            answering.bill.take(&delta).await;
            Some((delta, answering))
        };
        stream::unfold(answering, next).boxed()
    }

    fn write(&self, writing: Writing) -> BoxFuture<'static, Result<Written, Failure>> {
        let account = match &writing {
            Writing::Rewrite { organization, .. } => Account::general(organization.clone()),
            Writing::Summarize(turn) | Writing::Condense(turn) => Account::of(turn),
        };
        let Some(model) = (self.model)(&account.organization) else { return self.inner.write(writing) };
        let Ok(reservation) = self.ledger.reserve(&account.organization, &model) else {
            return self.without.write(writing);
        };
        let prompt_chars = match &writing {
            Writing::Rewrite { text, .. } => length(text),
            Writing::Summarize(turn) | Writing::Condense(turn) => chars_of(turn),
        };
        let tab = Arc::new(Tab { ledger: self.ledger.clone(), account, waiting: Mutex::default() });
        // Whoever does not say what it took is estimated; while it is left alone, the text is nobody's that is paid.
        let estimates = !self.inner.tells_calls() && self.inner.healthy();
        let told = Arc::clone(&tab);
        let writing = self.inner.write_paid(writing, Arc::new(move |usage: Usage| told.charge(&usage)));
        Box::pin(async move {
            let written = writing.await;
            if let (Ok(written), true) = (&written, estimates) {
                tab.charge(&estimate(model, prompt_chars, chars_written(written)));
            }
            tab.settle().await;
            drop(reservation);
            written
        })
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn healthy(&self) -> bool {
        self.inner.healthy()
    }
}

impl Bill {
    async fn take(&mut self, delta: &Delta) {
        match delta {
            Delta::Understood(_) => self.asked = true,
            Delta::Text(text) => self.text_chars += length(text),
            Delta::Withdrawn | Delta::FallsBack => {}
            Delta::Used(usage) => {
                self.calls += 1;
                self.waiting.push(self.ledger.charge(&self.account, usage));
                self.reservation.spend(self.ledger.prices().cost(usage));
            }
            Delta::Done(_) => {
                self.done = true;
                if self.asked && self.calls == 0 {
                    self.waiting.push(self.estimated());
                }
                for paid in std::mem::take(&mut self.waiting) {
                    paid.durable().await;
                }
            }
        }
    }

    /// Writes down what nobody has told.
    fn estimated(&self) -> Paid {
        let usage = estimate(self.model.clone(), self.prompt_chars, self.text_chars);
        self.ledger.charge(&self.account, &usage)
    }
}

impl Drop for Bill {
    /// Work that is thrown away was asked for all the same, and the provider counts it.
    fn drop(&mut self) {
        if !self.done && self.asked && self.calls == 0 {
            drop(self.estimated());
        }
    }
}

fn estimate(model: String, prompt_chars: u64, text_chars: u64) -> Usage {
    Usage {
        service: Service::Chat,
        model,
        prompt_tokens: estimated_tokens(PROMPT_FRAME_CHARS + prompt_chars),
        completion_tokens: estimated_tokens(text_chars),
        cached_tokens: 0,
        estimated: true,
    }
}

fn chars_of(turn: &Turn) -> u64 {
    let lines = turn.history.iter().map(|line| length(&line.text));
    let messages = turn.messages.iter().map(|text| length(text));
    let passages = turn.passages.iter().map(|passage| length(&passage.text));
    lines.chain(messages).chain(passages).sum()
}

fn chars_written(written: &Written) -> u64 {
    match written {
        Written::Text(text) => length(text),
        Written::Summary { asked, tried } => length(asked) + length(tried),
    }
}

fn length(text: &str) -> u64 {
    text.chars().count() as u64
}

impl std::fmt::Debug for Metered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metered").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}
