//! Writes down what came of tries, many at a time: whatever landed while the last batch was on its way is the next one.

use std::time::Duration;

use tokio::time::sleep;

use crate::domain::SessionId;
use crate::domain::outbox::{Delivery, Landing, Stage};
use crate::store::record::{FIRST_VERSION, remove, update};
use crate::store::{Batch, CommitError, Store, StoreError, Versioned, outbox};

/// The most tries that one batch writes down; fewer than the finished ones that are kept, so that none is written and removed
/// with the same batch.
pub(super) const BATCH_MAX: usize = 64;

/// The pause before a store that did not take a batch is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What became of what was to be written down.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// Sessions whose try is on disk.
    pub kept: Vec<SessionId>,
    /// Sessions whose row was changed or removed by somebody else meanwhile.
    pub lost: Vec<SessionId>,
    /// Whether everything went as it was to; if not, what is finished is read anew.
    pub all: bool,
}

/// Writes until it is written. What somebody else changed meanwhile stays as they left it.
pub(super) async fn record(store: Store, landings: Vec<Landing>, old: Vec<Versioned<Delivery>>) -> Recorded {
    let session = |landing: &Landing| landing.old.delivery.session.clone();
    let kept = landings.iter().map(session).collect();
    match commit(&store, &landings, &old).await {
        Ok(()) => Recorded { kept, lost: Vec::new(), all: true },
        Err(_conflict) => {
            let mut recorded = Recorded::default();
            for landing in landings {
                match commit(&store, std::slice::from_ref(&landing), &[]).await {
                    Ok(()) => recorded.kept.push(session(&landing)),
                    Err(_conflict) => recorded.lost.push(session(&landing)),
                }
            }
            recorded
        }
    }
}

/// The batch does not fit what is on disk any more.
struct Conflict;

async fn commit(store: &Store, landings: &[Landing], old: &[Versioned<Delivery>]) -> Result<(), Conflict> {
    let mut is_stuck = false;
    loop {
        let why = match batch(landings, old) {
            Ok(batch) => match store.commit(batch).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict { .. }) => return Err(Conflict),
                Err(why @ (CommitError::Busy | CommitError::Unavailable)) => why.to_string(),
            },
            Err(why) => why.to_string(),
        };
        if !std::mem::replace(&mut is_stuck, true) {
            tracing::error!(why, "what was delivered can not be written down yet");
        }
        sleep(RETRY_AFTER).await;
    }
}

fn batch(landings: &[Landing], old: &[Versioned<Delivery>]) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    for Landing { old, new, .. } in landings {
        let old = Versioned { record: old.delivery.clone(), version: old.version };
        match new {
            None => remove(&mut batch, &old),
            Some(new) if new.stage == Stage::Waiting => drop(update(&mut batch, &old, new)?),
            Some(new) => outbox::shift(&mut batch, &old, new)?,
        }
    }
    old.iter().for_each(|finished| remove(&mut batch, finished));
    Ok(batch)
}

/// The record of a delivery that was just taken.
pub(super) fn finished(landing: &Landing) -> Option<Versioned<Delivery>> {
    let new = landing.new.as_ref().filter(|new| new.stage == Stage::Finished)?;
    Some(Versioned { record: new.clone(), version: FIRST_VERSION })
}
