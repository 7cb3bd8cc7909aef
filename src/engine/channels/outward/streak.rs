//! How often in a row a message failed for one reason: by that it is decided how long it waits, and whether it is tried again. Other
//! failures before, and those before it was replayed, do not count.

use serde::{Deserialize, Serialize};

use crate::channels::failure::FailureClass;
use crate::domain::Timestamp;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streak {
    /// The reason.
    pub class: FailureClass,
    /// How often in a row.
    pub times: u32,
    /// When its delivery began to wait; a replay begins anew.
    pub queued_at: Timestamp,
}

impl Streak {
    /// After one more failure of a delivery that waits since then.
    pub(super) fn once_more(before: Option<Self>, class: FailureClass, queued_at: Timestamp) -> Self {
        let before = before.filter(|before| before.class == class && before.queued_at == queued_at);
        Self { class, times: before.map_or(0, |before| before.times).saturating_add(1), queued_at }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome;
    use super::*;
    use crate::channels::failure::{Failure, Scope};
    use crate::domain::outbox::Outcome;

    const FIRST: Timestamp = Timestamp::from_ms(1_000);
    const REPLAYED: Timestamp = Timestamp::from_ms(2_000);
    const A_DAY: Outcome = Outcome::Later { after_s: 24 * 60 * 60 };

    /// What follows from each of these failures, one after the other.
    fn outcomes(failures: &[(FailureClass, Timestamp)]) -> Vec<Outcome> {
        let mut streak = None;
        let each = failures.iter().map(|(class, queued_at)| {
            let now = Streak::once_more(streak, *class, *queued_at);
            streak = Some(now);
            outcome(&Failure::new(*class, None, ""), now.times, 60)
        });
        each.collect()
    }

    #[test]
    fn what_is_held_back_after_another_failure_waits_its_day_and_once() {
        let held = (FailureClass::NotToday, FIRST);
        let outcomes = outcomes(&[(FailureClass::Retry, FIRST), held, held]);
        assert_eq!(outcomes[1..], [A_DAY, Outcome::Impossible]);
    }

    #[test]
    fn the_first_word_of_too_much_for_one_person_waits_a_second_however_often_the_account_was_at_fault() {
        let too_much = (FailureClass::SlowDown(Scope::Pair), FIRST);
        let failures = [[(FailureClass::Credentials, FIRST); 7].as_slice(), &[too_much; 3]].concat();
        let waits = outcomes(&failures)[7..].to_vec();
        assert_eq!(waits, [1, 4, 16].map(|after_s| Outcome::Later { after_s }));
    }

    #[test]
    fn a_replayed_message_starts_anew() {
        let held = |at| (FailureClass::NotToday, at);
        let outcomes = outcomes(&[held(FIRST), held(FIRST), held(REPLAYED), held(REPLAYED)]);
        assert_eq!(outcomes, [A_DAY, Outcome::Impossible, A_DAY, Outcome::Impossible]);
    }
}
