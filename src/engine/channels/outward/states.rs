//! How channels do: each way in and each way out of each account, since when, and what was wrong last. Kept in memory:
//! after a start everything is found out again.

use dashmap::DashMap;
use metrics::gauge;

use super::Account;
use crate::clock::SharedClock;
use crate::domain::text::clipped;
use crate::domain::{Channel, Timestamp};

/// Failures in a row after which somebody is told.
const ALERT_AFTER: u32 = 5;

/// How much of an error is kept, in bytes.
const ERROR_KEPT_BYTES: usize = 300;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// From customers to us.
    In,
    /// From us to customers.
    Out,
}

/// How a way does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It was begun, and nothing is known yet.
    Starting,
    /// It works.
    Working,
    /// It fails, and is tried again.
    Failing,
    /// It is stopped until a person looks at it: wrong credentials, or something else of the account.
    Blocked,
    /// Somebody stopped it.
    Stopped,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelState {
    /// Of which number or address.
    pub account: Account,
    /// Which way.
    pub way: Way,
    /// How it does.
    pub condition: Condition,
    /// Since when.
    pub since: Timestamp,
    /// Failures in a row.
    pub failures: u32,
    /// What was wrong last, without anything of customers or credentials.
    pub error: Option<String>,
    /// When it last worked.
    pub worked_at: Option<Timestamp>,
}

/// The states of all.
pub struct ChannelStates {
    clock: SharedClock,
    states: DashMap<(Account, Way), ChannelState>,
}

impl Condition {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Working => "working",
            Self::Failing => "failing",
            Self::Blocked => "blocked",
            Self::Stopped => "stopped",
        }
    }
}

impl Way {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

impl ChannelStates {
    /// None yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, states: DashMap::new() }
    }

    /// A way is begun.
    pub fn starts(&self, account: &Account, way: Way) {
        self.set(account, way, Condition::Starting, None);
    }

    /// A way works.
    pub fn works(&self, account: &Account, way: Way) {
        self.set(account, way, Condition::Working, None);
    }

    /// A way failed once more, and why; says how often it did in a row.
    pub fn fails(&self, account: &Account, way: Way, why: &str) -> u32 {
        self.set(account, way, Condition::Failing, Some(why))
    }

    /// A way can not go on before somebody looks at it, and why.
    pub fn blocks(&self, account: &Account, way: Way, why: &str) -> u32 {
        self.set(account, way, Condition::Blocked, Some(why))
    }

    /// Somebody stopped a way.
    pub fn stops(&self, account: &Account, way: Way) {
        self.set(account, way, Condition::Stopped, None);
    }

    /// Whether all ways of a channel do well; nothing where none was begun.
    pub fn are_well(&self, channel: Channel) -> Option<bool> {
        let of_channel = self.states.iter().filter(|state| state.account.channel == channel);
        of_channel
            .map(|state| !matches!(state.condition, Condition::Failing | Condition::Blocked))
            .reduce(|a, b| a && b)
    }

    /// All, in order.
    pub fn all(&self) -> Vec<ChannelState> {
        let mut all: Vec<ChannelState> = self.states.iter().map(|state| state.clone()).collect();
        all.sort_by(|one, other| (&one.account, one.way).cmp(&(&other.account, other.way)));
        all
    }

    fn set(&self, account: &Account, way: Way, condition: Condition, error: Option<&str>) -> u32 {
        let now = self.clock.now();
        let fresh = || ChannelState {
            account: account.clone(),
            way,
            condition,
            since: now,
            failures: 0,
            error: None,
            worked_at: None,
        };
        let mut state = self.states.entry((account.clone(), way)).or_insert_with(fresh);
        if state.condition != condition {
            state.condition = condition;
            state.since = now;
        }
        state.failures = if error.is_some() { state.failures.saturating_add(1) } else { 0 };
        if let Some(error) = error {
            state.error = Some(clipped(error, ERROR_KEPT_BYTES).to_owned());
        }
        if condition == Condition::Working {
            state.worked_at = Some(now);
            state.error = None;
        }
        if state.failures == ALERT_AFTER {
            let (channel, name) = (account.channel.as_str(), &account.name);
            tracing::error!(channel, account = %name, way = way.as_str(), error = ?state.error, "a channel fails again and again");
        }
        let (channel, name) = (account.channel.as_str(), account.name.clone());
        let up = f64::from(u8::from(matches!(condition, Condition::Working)));
        gauge!("switchboard_channel_up", "channel" => channel, "account" => name, "way" => way.as_str()).set(up);
        state.failures
    }
}

impl std::fmt::Debug for ChannelStates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelStates").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::clock::Clock;
    use crate::domain::OrganizationId;

    #[derive(Debug)]
    struct ByHand(AtomicI64);

    impl Clock for ByHand {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(self.0.load(Ordering::SeqCst))
        }
    }

    #[test]
    fn a_state_says_since_when_it_holds_and_what_was_wrong_last() {
        let clock = Arc::new(ByHand(AtomicI64::new(1_000)));
        let states = ChannelStates::new(clock.clone());
        let organization = OrganizationId::default_organization();
        let account = Account { organization, channel: Channel::Email, name: "help@shop.example".to_owned() };
        states.starts(&account, Way::In);
        clock.0.fetch_add(1_000, Ordering::SeqCst);
        assert_eq!(states.fails(&account, Way::In, "no connection"), 1);
        clock.0.fetch_add(1_000, Ordering::SeqCst);
        assert_eq!(states.fails(&account, Way::In, "login refused"), 2);
        assert_eq!((states.are_well(Channel::Email), states.are_well(Channel::Sms)), (Some(false), None));
        let state = states.all().pop().unwrap();
        assert_eq!((state.condition, state.since), (Condition::Failing, Timestamp::from_ms(2_000)));
        assert_eq!(state.error.as_deref(), Some("login refused"));
        states.works(&account, Way::In);
        states.works(&account, Way::Out);
        assert_eq!(states.are_well(Channel::Email), Some(true));
        let all = states.all();
        assert_eq!(all.iter().map(|state| state.way).collect::<Vec<_>>(), [Way::In, Way::Out]);
        assert_eq!((all[0].failures, all[0].error.as_deref()), (0, None));
    }
}
