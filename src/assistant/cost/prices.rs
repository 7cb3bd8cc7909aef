//! What models cost, as configured.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::assistant::Usage;

/// What a turn is taken to read while its cost is not known yet, in tokens: a full prompt and some rounds of tools.
pub const TURN_PROMPT_TOKENS: u64 = 16_000;

/// What a turn is taken to write while its cost is not known yet, in tokens.
pub const TURN_COMPLETION_TOKENS: u64 = 2_000;

/// Prices are per so many tokens.
const PER_TOKENS: u64 = 1_000_000;

/// Of so many models without a price the log says so once; of further ones it says nothing.
const WARNED_MAX_MODELS: usize = 100;

/// Letters of a text that are about one token; for estimates.
const CHARS_PER_TOKEN: u64 = 4;

/// What a model costs, in micro-units per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// For what it reads.
    pub prompt_micros: u64,
    /// For what it writes.
    pub completion_micros: u64,
}

/// The price list.
#[derive(Debug)]
pub struct Prices {
    currency: String,
    models: BTreeMap<String, Price>,
    unknown: Price,
    warned: Mutex<HashSet<String>>,
}

impl Price {
    /// What so many tokens cost, in micro-units, rounded up: nothing that was paid for counts as nothing.
    pub fn of(self, prompt_tokens: u64, completion_tokens: u64) -> u64 {
        let micros = u128::from(prompt_tokens) * u128::from(self.prompt_micros)
            + u128::from(completion_tokens) * u128::from(self.completion_micros);
        u64::try_from(micros.div_ceil(u128::from(PER_TOKENS))).unwrap_or(u64::MAX)
    }
}

impl Prices {
    /// A list in one currency; what a model costs that is not on it is `unknown`.
    pub fn new(currency: String, models: BTreeMap<String, Price>, unknown: Price) -> Self {
        let models = models.into_iter().map(|(name, price)| (name.to_ascii_lowercase(), price)).collect();
        Self { currency, models, unknown, warned: Mutex::default() }
    }

    /// The currency (ISO 4217).
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// What a call cost, in micro-units.
    pub fn cost(&self, usage: &Usage) -> u64 {
        self.of(&usage.model).of(usage.prompt_tokens, usage.completion_tokens)
    }

    /// What is reserved for a turn that a model answers, in micro-units.
    pub fn reservation(&self, model: &str) -> u64 {
        self.of(model).of(TURN_PROMPT_TOKENS, TURN_COMPLETION_TOKENS)
    }

    /// A model's price: that of its name, else of the longest name on the list that its name begins with and goes on from with
    /// a mark (`gpt-4o-mini` is the price of `gpt-4o-mini-2024-07-18`).
    pub fn of(&self, model: &str) -> Price {
        let name = model.trim().to_ascii_lowercase();
        let begins = |known: &&String| {
            let rest = name.strip_prefix(known.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':', '@', '/', '.']))
        };
        match self.models.keys().filter(begins).max_by_key(|known| known.len()) {
            Some(known) => self.models.get(known).copied().unwrap_or(self.unknown),
            None => {
                self.warn(&name);
                self.unknown
            }
        }
    }

    fn warn(&self, model: &str) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.len() < WARNED_MAX_MODELS && warned.insert(model.to_owned()) {
            tracing::warn!(model, "cost.prices has no price for this model; cost.unknown_price is taken");
        }
    }
}

/// About how many tokens a text of so many characters has.
pub const fn estimated_tokens(chars: u64) -> u64 {
    chars.div_ceil(CHARS_PER_TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINI: Price = Price { prompt_micros: 150_000, completion_micros: 600_000 };
    const LARGE: Price = Price { prompt_micros: 2_500_000, completion_micros: 10_000_000 };
    const UNKNOWN: Price = Price { prompt_micros: 1_000_000, completion_micros: 3_000_000 };

    #[test]
    fn a_call_costs_what_its_tokens_do_and_never_nothing() {
        assert_eq!(MINI.of(1_000_000, 1_000_000), 750_000);
        assert_eq!(MINI.of(1, 0), 1);
        assert_eq!(MINI.of(0, 0), 0);
        assert_eq!(LARGE.of(u64::MAX, u64::MAX), u64::MAX);
    }

    #[test]
    fn a_dated_model_has_the_price_of_its_name_and_another_one_has_not() {
        let models = [("gpt-4o".to_owned(), LARGE), ("gpt-4o-mini".to_owned(), MINI)];
        let prices = Prices::new("USD".to_owned(), models.into(), UNKNOWN);
        for (model, price) in [
            ("gpt-4o-mini", MINI),
            ("GPT-4o-mini-2024-07-18", MINI),
            ("gpt-4o-2024-08-06", LARGE),
            ("gpt-4omni", UNKNOWN),
            ("", UNKNOWN),
        ] {
            assert_eq!(prices.of(model), price, "{model}");
        }
    }
}
