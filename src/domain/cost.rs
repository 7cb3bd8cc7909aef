//! What calls of models cost: one call, sums of calls, and what an organization may spend in a month.
//!
//! Money is in micro-units: millionths of the installation's one currency. Sums are of amounts that were rounded once, call by
//! call, so every grouping of the same calls adds up to the same total.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::session::Channel;
use super::text::clipped;
use super::{CustomerId, OrganizationId, Refusal, SessionId, Timestamp};

/// One unit of the currency, in micro-units.
pub const MICROS: u64 = 1_000_000;

/// The longest name of a model that is kept, in bytes.
const MODEL_MAX_BYTES: usize = 128;

/// The most lines of one day that are kept apart; the rest of the day is added up in one line, under [`OTHER`].
pub const LINES_MAX: usize = 256;

/// The name of what is no longer kept apart.
pub const OTHER: &str = "other";

/// The largest monthly amount, in micro-units: a thousand million of the currency.
const MONTHLY_MAX_MICROS: u64 = 1_000_000_000 * MICROS;

/// The most thresholds of a budget.
const THRESHOLDS_MAX: usize = 10;

/// The highest threshold, in percent.
const THRESHOLD_MAX_PERCENT: u8 = 100;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// A model wrote something.
    Chat,
    /// Texts were made vectors.
    Embedding,
    /// Audio was made text.
    Transcription,
}

/// One call, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Who pays.
    pub organization: OrganizationId,
    /// Its own id; they order as the calls do.
    pub id: Uuid,
    /// When it ended.
    pub at: Timestamp,
    /// For which of the organization's assistants.
    pub assistant: String,
    /// In which session, if in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// For which customer, if for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// On which channel, if on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// What was asked for.
    pub service: Service,
    /// Of which model.
    pub model: String,
    /// How much was read, in the model's tokens.
    pub prompt_tokens: u64,
    /// How much was written, in the model's tokens.
    pub completion_tokens: u64,
    /// What it cost, in micro-units.
    pub cost_micros: u64,
    /// Of which currency (ISO 4217).
    pub currency: String,
    /// Whether the tokens were not told but estimated from lengths.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

/// A sum of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// How many calls.
    pub calls: u64,
    /// What was read, in tokens.
    pub prompt_tokens: u64,
    /// What was written, in tokens.
    pub completion_tokens: u64,
    /// What it cost, in micro-units.
    pub cost_micros: u64,
    /// How much of that is of estimated calls, in micro-units.
    pub estimated_micros: u64,
}

/// The calls of a day that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What was asked for.
    pub service: Service,
    /// Of which model.
    pub model: String,
    /// For which assistant.
    pub assistant: String,
    /// On which channel, if on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// What they come to.
    #[serde(flatten)]
    pub amounts: Amounts,
}

/// An organization's calls of one of its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySum {
    /// Whose.
    pub organization: OrganizationId,
    /// The day in the organization's time zone, `2026-11-22`.
    pub day: String,
    /// What was alike, in the order in which it came first.
    pub lines: Vec<Line>,
}

/// A session's calls of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSum {
    /// Whose.
    pub organization: OrganizationId,
    /// The day in the organization's time zone, `2026-11-22`.
    pub day: String,
    /// The session.
    pub session: SessionId,
    /// What they come to.
    #[serde(flatten)]
    pub amounts: Amounts,
}

/// What an organization may spend in a month of its calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Whose.
    pub organization: OrganizationId,
    /// The most, in micro-units; none: there is no end to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_micros: Option<u64>,
    /// When its administrators are warned, in percent of that, ascending.
    pub warn_at: Vec<u8>,
}

/// Says that a threshold was reached, once per month and threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetWarning {
    /// Whose.
    pub organization: OrganizationId,
    /// The month, `2026-11`.
    pub month: String,
    /// The threshold, in percent.
    pub percent: u8,
    /// When it was reached.
    pub at: Timestamp,
    /// What was spent then, in micro-units.
    pub spent_micros: u64,
}

impl Service {
    /// The service as text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
            Self::Transcription => "transcription",
        }
    }
}

impl Amounts {
    /// One call.
    pub const fn of(charge: &Charge) -> Self {
        let cost_micros = charge.cost_micros;
        Self {
            calls: 1,
            prompt_tokens: charge.prompt_tokens,
            completion_tokens: charge.completion_tokens,
            cost_micros,
            estimated_micros: if charge.estimated { cost_micros } else { 0 },
        }
    }

    /// Adds others.
    pub const fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(other.completion_tokens);
        self.cost_micros = self.cost_micros.saturating_add(other.cost_micros);
        self.estimated_micros = self.estimated_micros.saturating_add(other.estimated_micros);
    }
}

impl DaySum {
    /// A day on which nothing was asked for yet.
    pub const fn new(organization: OrganizationId, day: String) -> Self {
        Self { organization, day, lines: Vec::new() }
    }

    /// Adds a call.
    pub fn add(&mut self, charge: &Charge) {
        let amounts = Amounts::of(charge);
        let alike = |line: &&mut Line| {
            (line.service, line.channel) == (charge.service, charge.channel)
                && (line.model.as_str(), line.assistant.as_str()) == (charge.model.as_str(), charge.assistant.as_str())
        };
        if let Some(line) = self.lines.iter_mut().find(alike) {
            return line.amounts.add(&amounts);
        }
        let (service, channel) = (charge.service, charge.channel);
        if self.lines.len() < LINES_MAX {
            let (model, assistant) = (charge.model.clone(), charge.assistant.clone());
            self.lines.push(Line { service, model, assistant, channel, amounts });
            return;
        }
        let rest = |line: &&mut Line| line.service == service && line.model == OTHER && line.channel.is_none();
        match self.lines.iter_mut().find(rest) {
            Some(line) => line.amounts.add(&amounts),
            None => self.lines.push(Line {
                service,
                model: OTHER.to_owned(),
                assistant: OTHER.to_owned(),
                channel: None,
                amounts,
            }),
        }
    }

    /// What the day comes to.
    pub fn total(&self) -> Amounts {
        self.lines.iter().fold(Amounts::default(), |mut total, line| {
            total.add(&line.amounts);
            total
        })
    }
}

impl Budget {
    /// What holds where nothing was set: no end, and the usual warnings once there is one.
    pub fn unset(organization: OrganizationId) -> Self {
        Self { organization, monthly_micros: None, warn_at: vec![50, 80, 100] }
    }

    /// Checks the limits.
    ///
    /// # Errors
    /// `Invalid` on `monthly` or `warn_at`.
    pub fn checked(mut self) -> Result<Self, Refusal> {
        if self.monthly_micros.is_some_and(|micros| micros == 0 || micros > MONTHLY_MAX_MICROS) {
            return Err(Refusal::invalid("monthly", "must be above 0 and at most 1000000000, or null"));
        }
        self.warn_at.sort_unstable();
        self.warn_at.dedup();
        let bad = |percent: &u8| *percent == 0 || *percent > THRESHOLD_MAX_PERCENT;
        if self.warn_at.len() > THRESHOLDS_MAX || self.warn_at.iter().any(bad) {
            return Err(Refusal::invalid("warn_at", "must be at most 10 whole percentages between 1 and 100"));
        }
        Ok(self)
    }

    /// Whether so much is all that may be spent in a month.
    pub fn is_spent(&self, micros: u64) -> bool {
        self.monthly_micros.is_some_and(|monthly| micros >= monthly)
    }

    /// The thresholds that so much has reached, ascending.
    pub fn reached(&self, micros: u64) -> impl Iterator<Item = u8> + '_ {
        let reached = move |percent: &u8| {
            self.monthly_micros
                .is_some_and(|monthly| u128::from(micros) * 100 >= u128::from(monthly) * u128::from(*percent))
        };
        self.warn_at.iter().copied().filter(reached)
    }
}

/// A model's name within its limit; what has none is called [`OTHER`].
pub fn model_name(name: &str) -> String {
    let name = clipped(name.trim(), MODEL_MAX_BYTES);
    if name.is_empty() { OTHER.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(model: &str, cost_micros: u64) -> Charge {
        Charge {
            organization: OrganizationId::default_organization(),
            id: Uuid::nil(),
            at: Timestamp::from_ms(0),
            assistant: "default".to_owned(),
            session: None,
            customer: None,
            channel: Some(Channel::Web),
            service: Service::Chat,
            model: model.to_owned(),
            prompt_tokens: 10,
            completion_tokens: 2,
            cost_micros,
            currency: "USD".to_owned(),
            estimated: false,
        }
    }

    fn budget(monthly: u64) -> Budget {
        let organization = OrganizationId::default_organization();
        Budget { monthly_micros: Some(monthly), ..Budget::unset(organization) }
    }

    #[test]
    fn a_day_adds_up_and_does_not_grow_without_end() {
        let mut day = DaySum::new(OrganizationId::default_organization(), "2026-11-22".to_owned());
        for n in 0..1_000_u64 {
            day.add(&charge(&format!("model-{n}"), n));
            day.add(&charge("model-0", 1));
        }
        assert_eq!(day.lines.len(), LINES_MAX + 1);
        assert_eq!(day.total().cost_micros, (0..1_000).sum::<u64>() + 1_000);
        assert_eq!((day.total().calls, day.lines[0].amounts.calls), (2_000, 1_001));
    }

    #[test]
    fn a_threshold_is_reached_when_its_share_is_spent() {
        let reached = |micros| budget(1_000).reached(micros).collect::<Vec<_>>();
        assert_eq!(reached(499), [0; 0]);
        assert_eq!(reached(500), [50]);
        assert_eq!(reached(999), [50, 80]);
        assert_eq!(reached(u64::MAX), [50, 80, 100]);
        assert!(budget(1_000).is_spent(1_000) && !budget(1_000).is_spent(999));
        let endless = Budget::unset(OrganizationId::default_organization());
        assert!(endless.reached(u64::MAX).next().is_none() && !endless.is_spent(u64::MAX));
    }

    #[test]
    fn a_budget_outside_of_its_limits_is_refused_by_the_name_of_the_field() {
        let fault = |budget: Budget| match budget.checked() {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(fault(budget(0)), "monthly");
        assert_eq!(fault(budget(u64::MAX)), "monthly");
        for warn_at in [vec![0], vec![101], (1..=11).collect()] {
            assert_eq!(fault(Budget { warn_at, ..budget(1) }), "warn_at");
        }
        let sorted = Budget { warn_at: vec![80, 50, 80], ..budget(1) }.checked().unwrap();
        assert_eq!(sorted.warn_at, [50, 80]);
    }
}
