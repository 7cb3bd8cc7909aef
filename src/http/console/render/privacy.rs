//! Receipts, holds, and how long conversations are kept.

use super::super::wire::{ErasureRow, HoldRow, Named, RetentionSettings};
use super::people::actor;
use crate::domain::privacy::{Cause, Erasure, Held, Hold, Retention};

/// An erasure, or its receipt.
pub(in crate::http::console) fn erasure(erasure: &Erasure) -> ErasureRow {
    let status = match (erasure.done_at, erasure.compacted_at) {
        (_, Some(_)) => "compacted",
        (Some(_), None) => "done",
        (None, None) => "running",
    };
    ErasureRow {
        id: erasure.id.to_string(),
        cause: match erasure.cause {
            Cause::Request => "request",
            Cause::Retention => "retention",
        },
        status,
        asked_at: erasure.asked_at.to_string(),
        by: actor(&erasure.by),
        counts: erasure.counts.clone(),
        done_at: erasure.done_at.map(|at| at.to_string()),
        compacted_at: erasure.compacted_at.map(|at| at.to_string()),
        salt: erasure.salt.clone(),
        fingerprint: erasure.fingerprint.clone(),
    }
}

/// A hold.
pub(in crate::http::console) fn hold(hold: &Hold) -> HoldRow {
    let (customer, session) = match &hold.on {
        Held::Customer(id) => (Some(id.to_string()), None),
        Held::Session(id) => (None, Some(id.to_string())),
    };
    let by: Option<Named> = actor(&hold.by);
    HoldRow { customer, session, reason: hold.reason.clone(), by, at: hold.at.to_string() }
}

/// How long conversations are kept.
pub(in crate::http::console) fn retention(retention: &Retention) -> RetentionSettings {
    let channels = retention.channels.iter().map(|(channel, days)| (super::channel(*channel).to_owned(), *days));
    RetentionSettings { days: retention.days, channels: channels.collect() }
}
