//! How far a message of ours came. News of it arrives late, twice and in any order; what is known only ever grows.

use serde::{Deserialize, Serialize};

/// A step of the ladder, lowest first.
///
/// The order is total, so whatever the order of the news the highest step is the outcome. `Failed` stands between `Sent` and
/// `Delivered`: a message that went out may still fail, and one that reached a device has arrived, even where another
/// device of the same person reports that it could not be delivered there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The provider has it.
    Accepted,
    /// It left the provider.
    Sent,
    /// It will not arrive. Terminal, unless a device turns out to have it.
    Failed,
    /// It is on a device.
    Delivered,
    /// Somebody opened it. Implies delivered: some people's receipts for that never come.
    Read,
    /// Somebody played it (voice notes).
    Played,
}

impl Delivery {
    /// What is known after this news; `None` if it is nothing new.
    pub fn after(known: Option<Self>, news: Self) -> Option<Self> {
        (known < Some(news)).then_some(news)
    }

    /// Whether it reached somebody.
    pub fn has_arrived(self) -> bool {
        self >= Self::Delivered
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Delivery; 6] =
        [Delivery::Accepted, Delivery::Sent, Delivery::Failed, Delivery::Delivered, Delivery::Read, Delivery::Played];

    fn climbed(news: &[Delivery]) -> Vec<Delivery> {
        let mut known = None;
        news.iter().filter_map(|news| Delivery::after(known, *news).inspect(|step| known = Some(*step))).collect()
    }

    #[test]
    fn a_failure_counts_until_it_turns_out_that_the_message_arrived() {
        use Delivery::{Delivered, Failed, Read, Sent};
        assert_eq!(climbed(&[Sent, Failed, Sent]), [Sent, Failed]);
        assert_eq!(climbed(&[Sent, Delivered, Failed]), [Sent, Delivered]);
        assert_eq!(climbed(&[Failed, Delivered]), [Failed, Delivered]);
        assert_eq!(climbed(&[Read, Delivered, Sent]), [Read]);
        assert!(Read.has_arrived() && !Failed.has_arrived());
    }

    proptest! {
        #[test]
        fn the_outcome_is_the_same_in_any_order_and_no_step_goes_back(
            (given, shuffled) in proptest::collection::vec(proptest::sample::select(&ALL[..]), 1..12)
                .prop_flat_map(|news| (Just(news.clone()), Just(news).prop_shuffle()))
        ) {
            let (one, other) = (climbed(&given), climbed(&shuffled));
            prop_assert_eq!(one.last(), other.last());
            prop_assert_eq!(one.last(), given.iter().max());
            for steps in [one, other] {
                prop_assert!(steps.is_sorted_by(|low, high| low < high), "{:?}", steps);
            }
        }
    }
}
