//! Why a message did not go out, and what helps: the same few classes for every provider.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::json::clip;

/// How much of a provider's own words is kept, in bytes.
pub const SAID_MAX_BYTES: usize = 500;

/// The first wait after a passing fault, in seconds; it doubles with each attempt.
const RETRY_FIRST_S: u64 = 2;

/// The longest wait after a passing fault, in seconds.
const RETRY_MAX_S: u64 = 60 * 60;

/// How fast the wait for one recipient grows. Meta's advice for its pair limit is 4^n seconds.
const PAIR_GROWTH: u64 = 4;

/// The longest wait for one recipient, in seconds: 4^6.
const PAIR_MAX_S: u64 = 4_096;

/// The longest wait of one number for its throughput, in seconds.
const NUMBER_MAX_S: u64 = 60;

/// The first wait for a limit of a whole account, in seconds; these are counted by the minute or hour.
const ACCOUNT_FIRST_S: u64 = 60;

/// How long a message rests that a provider held back for its network's sake, in seconds.
const NOT_TODAY_S: u64 = 24 * 60 * 60;

/// What helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// It passes: try again, later each time.
    Retry,
    /// Too fast: what the scope names has to wait.
    SlowDown(Scope),
    /// The customer has not written for too long: only a template may be sent. Never helped by trying again.
    WindowClosed,
    /// Held back for the health of the provider's network: not before a day has passed, and then once.
    NotToday,
    /// The file could not be fetched or taken: offer it once more, then no more.
    Media,
    /// Not under this identity of the person; another one (the telephone number) may do.
    OtherAddress,
    /// The person does not want to hear from us, or not unasked: kept on their number, and honoured on every channel that is bound to it.
    OptedOut,
    /// It waited for so long that nobody expects it any more: a person says whether it still goes.
    TooOld,
    /// It will not work, however often it is tried.
    Permanent,
    /// Whether it went out is not known. Sending again may double it: wait for its status by our own id first.
    Unclear,
    /// The credentials do not hold: the channel stops, and somebody is told.
    Credentials,
    /// The provider restricts the account or finds its messages unwanted: the channel stops, and somebody is told.
    Policy,
    /// Something is to be paid: the channel stops, and somebody is told.
    Billing,
}

/// Whom a limit of speed holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One sender and one recipient; others go on.
    Pair,
    /// One of our numbers.
    Number,
    /// Everything of the account at the provider.
    Account,
}

impl FailureClass {
    /// Whether trying again without anybody's doing is right at all.
    pub const fn may_retry(self) -> bool {
        matches!(self, Self::Retry | Self::SlowDown(_) | Self::NotToday | Self::Media)
    }

    /// Whether nothing more should be sent over the channel until a person looked at it.
    pub const fn stops_channel(self) -> bool {
        matches!(self, Self::Credentials | Self::Policy | Self::Billing)
    }

    /// How long to wait before the next attempt, in seconds, when `attempts` (one or more) in a row have failed so; `None` when there
    /// should be none. Jitter is the caller's, and so is the limit of attempts where there is none here.
    pub fn wait_s(self, attempts: u32) -> Option<u64> {
        let doublings = attempts.saturating_sub(1);
        let grown =
            |first: u64, growth: u64, most: u64| first.saturating_mul(growth.saturating_pow(doublings)).min(most);
        match self {
            Self::Retry => Some(grown(RETRY_FIRST_S, 2, RETRY_MAX_S)),
            Self::SlowDown(Scope::Pair) => Some(grown(1, PAIR_GROWTH, PAIR_MAX_S)),
            Self::SlowDown(Scope::Number) => Some(grown(1, 2, NUMBER_MAX_S)),
            Self::SlowDown(Scope::Account) => Some(grown(ACCOUNT_FIRST_S, 2, RETRY_MAX_S)),
            Self::NotToday => (attempts <= 1).then_some(NOT_TODAY_S),
            Self::Media => (attempts <= 1).then_some(RETRY_FIRST_S),
            Self::WindowClosed
            | Self::OtherAddress
            | Self::OptedOut
            | Self::TooOld
            | Self::Permanent
            | Self::Unclear
            | Self::Credentials
            | Self::Policy
            | Self::Billing => None,
        }
    }
}

/// A failed attempt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What helps.
    pub class: FailureClass,
    /// The provider's code.
    pub code: Option<i64>,
    /// The provider's words, for the staff. Providers repeat numbers and texts in them, so they stay out of the log.
    pub said: String,
    /// How long the provider asks us to wait, in seconds.
    pub retry_after_s: Option<u64>,
    /// What is wrong, in words of our own that name nobody: for states. Not kept.
    #[serde(skip)]
    pub noted: Option<String>,
}

impl Failure {
    /// A failure with as much of the provider's words as is kept.
    pub fn new(class: FailureClass, code: Option<i64>, said: &str) -> Self {
        Self { class, code, said: clip(said.trim(), SAID_MAX_BYTES).to_owned(), retry_after_s: None, noted: None }
    }

    /// The same with the wait that the provider asks for.
    #[must_use]
    pub fn retry_after(self, retry_after_s: Option<u64>) -> Self {
        Self { retry_after_s, ..self }
    }

    /// A failure of which nobody else said anything: these words of ours name nobody.
    pub fn noted(class: FailureClass, ours: &str) -> Self {
        Self { noted: Some(ours.to_owned()), ..Self::new(class, None, ours) }
    }

    /// How long to wait before the next attempt, in seconds: what the class asks for, and at least what the provider does.
    pub fn wait_s(&self, attempts: u32) -> Option<u64> {
        self.class.wait_s(attempts).map(|wait| wait.max(self.retry_after_s.unwrap_or(0)))
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, code, said: _, retry_after_s, noted: _ } = self;
        f.debug_struct("Failure")
            .field("class", class)
            .field("code", code)
            .field("retry_after_s", retry_after_s)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_limit_and_one_recipient_waits_by_powers_of_four() {
        let waits = |class: FailureClass| [1, 2, 3, 4, 40].map(|attempts| class.wait_s(attempts));
        assert_eq!(waits(FailureClass::SlowDown(Scope::Pair)), [1, 4, 16, 64, 4_096].map(Some));
        assert_eq!(waits(FailureClass::SlowDown(Scope::Number)), [1, 2, 4, 8, 60].map(Some));
        assert_eq!(waits(FailureClass::Retry), [2, 4, 8, 16, 3_600].map(Some));
        assert_eq!(waits(FailureClass::Media), [Some(2), None, None, None, None]);
        assert_eq!(waits(FailureClass::WindowClosed), [None; 5]);
        assert_eq!(FailureClass::Retry.wait_s(u32::MAX), Some(3_600));
    }

    #[test]
    fn only_what_may_be_tried_again_has_a_wait_and_the_provider_may_make_it_longer() {
        use FailureClass as C;
        let classes = [
            C::Retry,
            C::SlowDown(Scope::Account),
            C::WindowClosed,
            C::NotToday,
            C::Media,
            C::OtherAddress,
            C::OptedOut,
            C::Permanent,
            C::Unclear,
            C::Credentials,
            C::Policy,
            C::Billing,
        ];
        for class in classes {
            assert_eq!(class.wait_s(1).is_some(), class.may_retry(), "{class:?}");
            let failure = Failure::new(class, None, "").retry_after(Some(90_000));
            assert_eq!(failure.wait_s(1), class.may_retry().then_some(90_000), "{class:?}");
        }
    }

    #[test]
    fn what_the_provider_said_is_bounded_and_not_shown_in_a_log() {
        let failure = Failure::new(FailureClass::Permanent, Some(21_211), &"+15550002222 é".repeat(200));
        assert!(failure.said.len() <= SAID_MAX_BYTES);
        assert!(!format!("{failure:?}").contains("1555"));
    }
}
