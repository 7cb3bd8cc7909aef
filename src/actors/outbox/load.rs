//! Reads what a courier's window wants.

use super::{Carrier, Standing};
use crate::domain::outbox::{Delivery, FINISHED_KEPT, LANE_MAX_ROWS, Queued, Stage, TargetKey, Wanted};
use crate::store::{Direction, Store, StoreError, Versioned, outbox};

/// The most finished deliveries that are read: where some could not be removed there are more than are kept.
const FINISHED_READ_MAX: usize = 4 * FINISHED_KEPT;

/// What was read.
pub(super) struct Loaded {
    /// What was wanted.
    pub wanted: Wanted,
    /// The rows of the lanes that were to be filled.
    pub lanes: Vec<Vec<Queued>>,
    /// Further rows.
    pub rows: Vec<Queued>,
}

/// What a courier must know before it sends anything.
pub(super) struct Beginning {
    /// Whether its target is delivered to.
    pub standing: Standing,
    /// The newest deliveries that are done, oldest first.
    pub finished: Vec<Versioned<Delivery>>,
}

pub(super) fn beginning(store: &Store, key: &TargetKey, carrier: &dyn Carrier) -> Result<Beginning, StoreError> {
    let newest = outbox::list(store, key, Stage::Finished, None, FINISHED_READ_MAX, Direction::Backward)?.items;
    Ok(Beginning { standing: carrier.standing(key)?, finished: newest.into_iter().rev().collect() })
}

pub(super) fn rows(store: &Store, key: &TargetKey, wanted: Wanted) -> Result<Loaded, StoreError> {
    let mut lanes = Vec::with_capacity(wanted.refills.len());
    for refill in &wanted.refills {
        let found = outbox::lane(store, key, &refill.session, refill.after, refill.upto, LANE_MAX_ROWS)?;
        lanes.push(found.into_iter().map(queued).collect());
    }
    let rows = match wanted.limit {
        0 => Vec::new(),
        limit => outbox::waiting(store, key, wanted.after, limit)?.into_iter().map(queued).collect(),
    };
    Ok(Loaded { wanted, lanes, rows })
}

fn queued(found: Versioned<Delivery>) -> Queued {
    Queued { version: found.version, delivery: found.record }
}
