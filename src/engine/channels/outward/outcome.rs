//! What a failure means for the outbox.

use crate::channels::failure::{Failure, FailureClass, Scope};
use crate::domain::outbox::Outcome;

/// How long a channel is left alone whose account is the fault, in seconds.
pub(super) const BLOCKED_WAIT_S: u64 = 5 * 60;

/// What a failure means for the delivery and its target where it is the so many-th of its class in a row.
pub(in crate::engine::channels) fn outcome(failure: &Failure, times: u32, unclear_wait_s: u64) -> Outcome {
    match failure.class {
        FailureClass::Retry => Outcome::Failing { after_s: failure.retry_after_s },
        FailureClass::SlowDown(Scope::Number | Scope::Account) => Outcome::Throttled { after_s: failure.wait_s(times) },
        FailureClass::SlowDown(Scope::Pair) | FailureClass::NotToday | FailureClass::Media => {
            match failure.wait_s(times) {
                Some(after_s) => Outcome::Later { after_s },
                None => Outcome::Impossible,
            }
        }
        FailureClass::Unclear => Outcome::Later { after_s: unclear_wait_s },
        FailureClass::Credentials | FailureClass::Policy | FailureClass::Billing => {
            Outcome::Blocked { after_s: Some(BLOCKED_WAIT_S) }
        }
        FailureClass::WindowClosed
        | FailureClass::OtherAddress
        | FailureClass::OptedOut
        | FailureClass::TooOld
        | FailureClass::Permanent => Outcome::Impossible,
    }
}
