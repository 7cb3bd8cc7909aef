//! How channels do: each way in and each way out of each account, since when, and what was wrong last. Kept in memory:
//! after a start everything is found out again.

use dashmap::DashMap;
use metrics::{counter, gauge};

use super::Account;
use super::alarm::{Alarm, Cause};
use crate::clock::SharedClock;
use crate::domain::text::clipped;
use crate::domain::{Channel, Timestamp};

/// How much of an error is kept, in bytes.
const ERROR_KEPT_BYTES: usize = 300;

/// What is wrong with a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong<'a> {
    /// In few words of ours, which anybody may read.
    pub plain: &'static str,
    /// With what a provider said, for administrators; without anything of customers or credentials.
    pub words: &'a str,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// From customers to us.
    In,
    /// From us to customers.
    Out,
}

/// How a way does; what is worse is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// It works.
    Working,
    /// It was begun, and nothing is known yet.
    Starting,
    /// Somebody stopped it.
    Stopped,
    /// It fails, and is tried again.
    Failing,
    /// It is stopped until a person looks at it: wrong credentials, or something else of the account.
    Blocked,
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
    /// The same in few words, for anybody.
    pub plain: Option<&'static str>,
    /// When it last worked.
    pub worked_at: Option<Timestamp>,
    /// When somebody was told of what lasts still, or lasted until half an hour ago.
    pub alerted_at: Option<Timestamp>,
}

/// The states of all.
pub struct ChannelStates {
    clock: SharedClock,
    states: DashMap<(Account, Way), Kept>,
}

struct Kept {
    state: ChannelState,
    alarm: Alarm,
}

/// What became of a way.
enum News<'a> {
    Is(Condition),
    Fails(Wrong<'a>),
    Blocks(Wrong<'a>),
    Lacks(&'static str),
}

impl Wrong<'static> {
    /// What is wrong in words of ours alone.
    pub const fn plain(plain: &'static str) -> Self {
        Self { plain, words: plain }
    }
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
        self.set(account, way, News::Is(Condition::Starting));
    }

    /// A way works.
    pub fn works(&self, account: &Account, way: Way) {
        self.set(account, way, News::Is(Condition::Working));
    }

    /// A way failed once more, and why; says how often it did in a row.
    pub fn fails(&self, account: &Account, way: Way, wrong: Wrong<'_>) -> u32 {
        self.set(account, way, News::Fails(wrong))
    }

    /// A way can not go on before somebody looks at it, and why.
    pub fn blocks(&self, account: &Account, way: Way, wrong: Wrong<'_>) -> u32 {
        self.set(account, way, News::Blocks(wrong))
    }

    /// A way is not set up, and what it lacks. Whoever set the others up knows: nobody is told.
    pub fn lacks(&self, account: &Account, way: Way, what: &'static str) {
        self.set(account, way, News::Lacks(what));
    }

    /// Somebody stopped a way.
    pub fn stops(&self, account: &Account, way: Way) {
        self.set(account, way, News::Is(Condition::Stopped));
    }

    /// Whether all ways of a channel do well; nothing where none was begun.
    pub fn are_well(&self, channel: Channel) -> Option<bool> {
        let of_channel = self.states.iter().filter(|kept| kept.state.account.channel == channel);
        of_channel
            .map(|kept| !matches!(kept.state.condition, Condition::Failing | Condition::Blocked))
            .reduce(|a, b| a && b)
    }

    /// All, in order.
    pub fn all(&self) -> Vec<ChannelState> {
        let now = self.clock.now();
        let mut all: Vec<ChannelState> = self.states.iter().map(|kept| kept.shown(now)).collect();
        all.sort_by(|one, other| (&one.account, one.way).cmp(&(&other.account, other.way)));
        all
    }

    fn set(&self, account: &Account, way: Way, news: News<'_>) -> u32 {
        let now = self.clock.now();
        let mut kept = self.states.entry((account.clone(), way)).or_insert_with(|| Kept::new(account, way, now));
        let cause = kept.hear(&news, now);
        let state = &kept.state;
        let (channel, name, way) = (account.channel.as_str(), account.name.clone(), way.as_str());
        let up = f64::from(u8::from(state.condition == Condition::Working));
        gauge!("switchboard_channel_up", "channel" => channel, "account" => name.clone(), "way" => way).set(up);
        if let Some(cause) = cause {
            let (error, why) = (&state.error, cause.as_str());
            tracing::error!(channel, account = %name, way, why, ?error, "somebody has to look at a channel");
            counter!("switchboard_channel_alerts_total", "channel" => channel, "account" => name, "way" => way, "why" => why)
                .increment(1);
        }
        state.failures
    }
}

impl Kept {
    fn new(account: &Account, way: Way, now: Timestamp) -> Self {
        let state = ChannelState {
            account: account.clone(),
            way,
            condition: Condition::Starting,
            since: now,
            failures: 0,
            error: None,
            plain: None,
            worked_at: None,
            alerted_at: None,
        };
        Self { state, alarm: Alarm::default() }
    }

    /// Takes in what became of it, and says why somebody is to be told, if anybody is.
    fn hear(&mut self, news: &News<'_>, now: Timestamp) -> Option<Cause> {
        let (condition, wrong) = match news {
            News::Is(condition) => (*condition, None),
            News::Fails(wrong) => (Condition::Failing, Some(*wrong)),
            News::Blocks(wrong) => (Condition::Blocked, Some(*wrong)),
            News::Lacks(what) => (Condition::Blocked, Some(Wrong::plain(what))),
        };
        let state = &mut self.state;
        if state.condition != condition {
            (state.condition, state.since) = (condition, now);
        }
        state.failures = if wrong.is_some() { state.failures.saturating_add(1) } else { 0 };
        if let Some(Wrong { plain, words }) = wrong {
            (state.plain, state.error) = (Some(plain), Some(clipped(words, ERROR_KEPT_BYTES).to_owned()));
        }
        match news {
            News::Is(Condition::Working) => {
                (state.worked_at, state.error, state.plain) = (Some(now), None, None);
                self.alarm.worked(now);
                None
            }
            News::Is(Condition::Stopped) => {
                self.alarm = Alarm::default();
                None
            }
            News::Is(_) | News::Lacks(_) => None,
            News::Fails(_) => self.alarm.failed(now, state.failures),
            News::Blocks(_) => self.alarm.blocked(now),
        }
    }

    fn shown(&self, now: Timestamp) -> ChannelState {
        let works = self.state.condition == Condition::Working;
        ChannelState { alerted_at: self.alarm.told_at(now, works), ..self.state.clone() }
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
        assert_eq!(states.fails(&account, Way::In, Wrong::plain("no connection")), 1);
        clock.0.fetch_add(1_000, Ordering::SeqCst);
        assert_eq!(states.fails(&account, Way::In, Wrong { plain: "no entry", words: "login refused" }), 2);
        assert_eq!((states.are_well(Channel::Email), states.are_well(Channel::Sms)), (Some(false), None));
        let state = states.all().pop().unwrap();
        assert_eq!((state.condition, state.since), (Condition::Failing, Timestamp::from_ms(2_000)));
        assert_eq!((state.error.as_deref(), state.plain), (Some("login refused"), Some("no entry")));
        states.works(&account, Way::In);
        states.works(&account, Way::Out);
        assert_eq!(states.are_well(Channel::Email), Some(true));
        let all = states.all();
        assert_eq!(all.iter().map(|state| state.way).collect::<Vec<_>>(), [Way::In, Way::Out]);
        assert_eq!((all[0].failures, all[0].error.as_deref()), (0, None));
    }

    #[test]
    fn somebody_is_told_at_the_first_block_and_not_of_a_way_that_was_never_set_up() {
        let clock = Arc::new(ByHand(AtomicI64::new(1_000)));
        let states = ChannelStates::new(clock.clone());
        let organization = OrganizationId::default_organization();
        let account = Account { organization, channel: Channel::Whatsapp, name: "1".to_owned() };
        states.lacks(&account, Way::Out, "no token");
        let told = || states.all().pop().unwrap().alerted_at;
        assert_eq!((states.all().pop().unwrap().condition, told()), (Condition::Blocked, None));
        clock.0.fetch_add(1_000, Ordering::SeqCst);
        states.blocks(&account, Way::Out, Wrong::plain("the credentials do not hold"));
        assert_eq!(told(), Some(Timestamp::from_ms(2_000)));
        clock.0.fetch_add(60_000, Ordering::SeqCst);
        states.works(&account, Way::Out);
        assert_eq!(told(), Some(Timestamp::from_ms(2_000)), "it has just begun to work");
        clock.0.fetch_add(30 * 60 * 1_000, Ordering::SeqCst);
        assert_eq!(told(), None);
    }
}
