//! How channels do as others see it: each account with what was said for its administrators, and for anybody else the worst of each
//! channel's ways, in words of ours that name nobody.

use std::collections::BTreeMap;

use super::states::{ChannelState, Condition, Way};
use crate::domain::{Channel, Timestamp};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenWay {
    /// Of which channel.
    pub channel: Channel,
    /// Of which number or address; none where all of the channel are meant.
    pub account: Option<String>,
    /// Which way.
    pub way: Way,
    /// How it does.
    pub condition: Condition,
    /// Since when.
    pub since: Timestamp,
    /// Failures in a row.
    pub failures: u32,
    /// What is wrong, if anything is.
    pub error: Option<String>,
}

impl SeenWay {
    /// As an administrator sees it.
    pub fn in_full(state: &ChannelState) -> Self {
        let (account, error) = (Some(state.account.name.clone()), state.error.clone());
        Self { account, error, ..Self::in_short(state) }
    }

    /// The worst way of each channel, whosever it is, as anybody sees it.
    pub fn worst(all: &[ChannelState]) -> Vec<Self> {
        let mut worst: BTreeMap<(Channel, Way), &ChannelState> = BTreeMap::new();
        for state in all {
            let known = worst.entry((state.account.channel, state.way)).or_insert(state);
            if (state.condition, state.failures) > (known.condition, known.failures) {
                *known = state;
            }
        }
        worst.into_values().map(Self::in_short).collect()
    }

    fn in_short(state: &ChannelState) -> Self {
        Self {
            channel: state.account.channel,
            account: None,
            way: state.way,
            condition: state.condition,
            since: state.since,
            failures: state.failures,
            error: state.plain.map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Account;
    use super::*;
    use crate::domain::OrganizationId;

    fn state(name: &str, condition: Condition, failures: u32) -> ChannelState {
        let organization = OrganizationId::default_organization();
        ChannelState {
            account: Account { organization, channel: Channel::Email, name: name.to_owned() },
            way: Way::In,
            condition,
            since: Timestamp::from_ms(1_000),
            failures,
            error: Some(format!("{name} says no")),
            plain: Some("no entry"),
            worked_at: None,
            alerted_at: None,
        }
    }

    #[test]
    fn anybody_sees_the_worst_of_a_channel_and_neither_whose_it_is_nor_what_was_said() {
        let all =
            [state("a", Condition::Working, 0), state("b", Condition::Blocked, 2), state("c", Condition::Failing, 9)];
        let seen = SeenWay::worst(&all);
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].condition, seen[0].failures, seen[0].account.as_deref()), (Condition::Blocked, 2, None));
        assert_eq!(seen[0].error.as_deref(), Some("no entry"));
        let full = SeenWay::in_full(&all[1]);
        assert_eq!((full.account.as_deref(), full.error.as_deref()), (Some("b"), Some("b says no")));
    }
}
