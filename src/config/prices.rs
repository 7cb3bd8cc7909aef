//! What models cost, as it is configured.

use serde::Deserialize;

use crate::assistant::cost::Price;
use crate::domain::cost::MICROS;

/// The dearest that a million tokens may be, in the currency.
const PRICE_MAX: f64 = 1_000_000.0;

/// What a million tokens cost that are read, and that are written; in the environment with a comma.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "PriceForm")]
pub struct PerMillion(f64, f64);

#[derive(Deserialize)]
#[serde(untagged)]
enum PriceForm {
    Pair([f64; 2]),
    Comma(String),
}

impl TryFrom<PriceForm> for PerMillion {
    type Error = &'static str;

    fn try_from(form: PriceForm) -> Result<Self, Self::Error> {
        let pair = match form {
            PriceForm::Pair([read, written]) => Some((read, written)),
            PriceForm::Comma(text) => text
                .split_once(',')
                .and_then(|(read, written)| Some((read.trim().parse().ok()?, written.trim().parse().ok()?))),
        };
        let fits = |price: f64| (0.0..=PRICE_MAX).contains(&price);
        let pair = pair.filter(|(read, written)| fits(*read) && fits(*written));
        pair.map(|(read, written)| Self(read, written)).ok_or("must be two prices from 0 to 1000000: read, written")
    }
}

impl PerMillion {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked: between 0 and a million")]
    pub(super) fn price(self) -> Price {
        let micros = |price: f64| (price * MICROS as f64).round() as u64;
        Price { prompt_micros: micros(self.0), completion_micros: micros(self.1) }
    }
}
