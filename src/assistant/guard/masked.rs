//! The outermost layer: inside it nobody sees who the customer is, outside of it everybody reads what was meant.

use std::borrow::Cow;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream, StreamExt};

use super::numbering::Numbering;
use super::restorer::Restorer;
use super::scanners::Scanners;
use super::shield::Shield;
use super::vault::Vault;
use crate::assistant::{Delta, Responder, Turn, Writing, Written};
use crate::domain::{Action, Answer, Entity, Failure, Reading};

/// See the module.
pub struct Masked {
    inner: Arc<dyn Responder>,
    numbering: Numbering,
    scanners: Scanners,
}

impl Masked {
    /// Around whoever answers.
    pub fn around(inner: Arc<dyn Responder>) -> Self {
        Self { inner, numbering: Numbering::default(), scanners: Scanners::default() }
    }

    fn mask(&self, turn: &mut Turn) -> Arc<Shield> {
        let scanner = self.scanners.of(turn.organization(), &turn.rules);
        let vault = if scanner.is_off() {
            Vault::of(scanner)
        } else {
            let vault = Vault::new(scanner, self.numbering.of(&turn.session));
            mask(turn, &vault);
            self.numbering.keep(&turn.session, vault.numbers());
            vault
        };
        turn.shield = Arc::new(Shield::new(vault));
        Arc::clone(&turn.shield)
    }
}

impl Responder for Masked {
    fn reply(&self, mut turn: Turn) -> BoxStream<'static, Delta> {
        let shield = self.mask(&mut turn);
        let mut restorer = Restorer::default();
        let deltas = self.inner.reply(turn);
        deltas.flat_map(move |delta| stream::iter(restored(&shield, &mut restorer, delta))).boxed()
    }

    fn write(&self, writing: Writing) -> BoxFuture<'static, Result<Written, Failure>> {
        let (writing, shield) = match writing {
            Writing::Summarize(mut turn) => {
                let shield = self.mask(&mut turn);
                (Writing::Summarize(turn), shield)
            }
            Writing::Condense(mut turn) => {
                let shield = self.mask(&mut turn);
                (Writing::Condense(turn), shield)
            }
            Writing::Rewrite { organization, text, style, rules } => {
                let shield = Arc::new(Shield::new(Vault::of(self.scanners.of(&organization, &rules))));
                shield.vault().heed(&text);
                let masked = shield.vault().mask(&text).into();
                (Writing::Rewrite { organization, text: masked, style, rules }, shield)
            }
        };
        let written = self.inner.write(writing);
        async move {
            Ok(match written.await? {
                Written::Text(text) => Written::Text(shield.reveal(&text).into_owned()),
                Written::Summary { asked, tried } => Written::Summary {
                    asked: shield.reveal(&asked).into_owned(),
                    tried: shield.reveal(&tried).into_owned(),
                },
            })
        }
        .boxed()
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn healthy(&self) -> bool {
        self.inner.healthy()
    }
}

/// Masks everything of the turn that people wrote; first it is seen what looks like a token in any of it. Passages stay:
/// they are the organization's own words for everybody, and are filled in behind this.
fn mask(turn: &mut Turn, vault: &Vault) {
    turn.messages.iter().for_each(|text| vault.heed(text));
    turn.history.iter().for_each(|line| vault.heed(&line.text));
    turn.known.values().for_each(|value| vault.heed(value));
    turn.memories.iter().for_each(|memory| {
        vault.heed(&memory.key);
        vault.heed(&memory.value);
    });
    turn.summary.iter().for_each(|summary| vault.heed(summary));
    let shared = |text: &mut Arc<str>| {
        if let Cow::Owned(masked) = vault.mask(text) {
            *text = masked.into();
        }
    };
    let owned = |text: &mut String| {
        if let Cow::Owned(masked) = vault.mask(text) {
            *text = masked;
        }
    };
    // The oldest first, so that numbers follow the conversation.
    turn.summary.iter_mut().for_each(shared);
    turn.memories.iter_mut().for_each(|memory| {
        owned(&mut memory.key);
        owned(&mut memory.value);
    });
    turn.known.values_mut().for_each(owned);
    turn.history.iter_mut().for_each(|line| shared(&mut line.text));
    turn.messages.iter_mut().for_each(shared);
}

/// A delta with the customer's values: none while all of it waits for the rest of a token.
fn restored(shield: &Shield, restorer: &mut Restorer, delta: Delta) -> Vec<Delta> {
    match delta {
        Delta::Understood(mut reading) => {
            reveal_reading(shield, &mut reading);
            vec![Delta::Understood(reading)]
        }
        Delta::Text(text) => {
            let text = restorer.push(shield.vault(), &text);
            if text.is_empty() { Vec::new() } else { vec![Delta::Text(text)] }
        }
        Delta::Withdrawn => {
            *restorer = Restorer::default();
            vec![Delta::Withdrawn]
        }
        Delta::Used(_) | Delta::FallsBack => vec![delta],
        Delta::Done(result) => {
            let rest = Some(restorer.finish()).filter(|rest| !rest.is_empty());
            let done = Delta::Done(result.map(|action| revealed(shield, action)));
            rest.map(Delta::Text).into_iter().chain([done]).collect()
        }
    }
}

fn revealed(shield: &Shield, mut action: Action) -> Action {
    match &mut action {
        Action::Reply(answer) | Action::AskFor { answer, .. } | Action::Close(answer) => reveal_answer(shield, answer),
        Action::HandOver { reason, reading } => {
            *reason = shield.reveal(reason).into_owned();
            reveal_reading(shield, reading);
        }
    }
    action
}

fn reveal_answer(shield: &Shield, answer: &mut Answer) {
    answer.text = shield.reveal(&answer.text).into_owned();
    reveal_reading(shield, &mut answer.reading);
}

/// Values of what was named are normalised as whoever found them in plain text would have.
fn reveal_reading(shield: &Shield, reading: &mut Reading) {
    for Entity { kind, value } in &mut reading.entities {
        let Some(value) = value.as_mut().filter(|value| value.contains('<')) else { continue };
        let plain = shield.reveal(value);
        *value = match kind.as_str() {
            "email" => plain.to_lowercase(),
            "phone" => plain.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
            _ => plain.into_owned(),
        };
    }
}

impl std::fmt::Debug for Masked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Masked").finish_non_exhaustive()
    }
}
