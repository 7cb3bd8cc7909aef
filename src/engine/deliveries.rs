//! The deliveries of one target of the outbox as administrators see them, whatever kind of target it is: how they stand, and which are
//! sent once more.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;

use super::audit::Acting;
use crate::actors::outbox::{Couriers, Depth};
use crate::clock::SharedClock;
use crate::domain::Refusal;
use crate::domain::audit::{Act, Target};
use crate::domain::outbox::{Delivery, Number, Stage, TargetKey, Via};
use crate::store::record;
use crate::store::{Batch, CommitError, Direction, Store, StoreError, outbox};

/// The most deliveries on a page.
pub const DELIVERIES_PAGE_MAX: usize = 100;

/// Deliveries that are replayed with one batch.
const REPLAY_BATCH: usize = 128;

/// By when a batch that was handed over is written, whoever still waits for it.
const WRITTEN_BY: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Clone)]
pub struct Deliveries {
    store: Store,
    clock: SharedClock,
    couriers: Arc<Couriers>,
}

/// Whose deliveries are meant.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The target.
    pub key: TargetKey,
    /// What kind of target it is.
    pub via: Via,
    /// What the audit log calls it.
    pub on: Target,
}

/// Some deliveries of many.
#[derive(Debug, Clone)]
pub struct DeliveryList {
    /// The deliveries: those that wait in the order in which they go, others the newest first.
    pub items: Vec<Delivery>,
    /// Behind which one the next page begins.
    pub next: Option<Number>,
}

/// How many deliveries are sent once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// So many.
    pub count: usize,
}

/// Tells a courier when it goes. A request may be dropped while its batch is being written: so it tells once more, after that.
pub(super) struct Told {
    couriers: Arc<Couriers>,
    key: TargetKey,
    via: Via,
}

impl Drop for Told {
    fn drop(&mut self) {
        self.couriers.look_again(&self.key, self.via);
        let (couriers, key, via) = (Arc::clone(&self.couriers), self.key.clone(), self.via);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                sleep(WRITTEN_BY).await;
                couriers.look_again(&key, via);
            });
        }
    }
}

impl Deliveries {
    /// Wires it.
    pub const fn new(store: Store, clock: SharedClock, couriers: Arc<Couriers>) -> Self {
        Self { store, clock, couriers }
    }

    /// How much there is of a target's. Counts rows, and so blocks.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn depth(&self, key: &TargetKey) -> Result<Depth, Refusal> {
        self.couriers.depth(key).map_err(unreadable)
    }

    /// The deliveries of a target at a stage. Of those that are done the newest are kept.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn list(
        &self,
        key: &TargetKey,
        stage: Stage,
        after: Option<Number>,
        limit: usize,
    ) -> Result<DeliveryList, Refusal> {
        let direction = match stage {
            Stage::Waiting => Direction::Forward,
            Stage::Parked | Stage::Finished => Direction::Backward,
        };
        let page = outbox::list(&self.store, key, stage, after, limit.min(DELIVERIES_PAGE_MAX), direction);
        let page = page.map_err(unreadable)?;
        Ok(DeliveryList { items: page.items.into_iter().map(|found| found.record).collect(), next: page.next })
    }

    /// Sends a delivery once more that was set aside, under the id that it had, before what waits of its conversation.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it changed meanwhile; `Busy`, `Unavailable`.
    pub async fn replay(&self, acting: Acting<'_>, to: &Recipient, number: Number) -> Result<Replayed, Refusal> {
        let found = outbox::at(&self.store, &to.key, Stage::Parked, number).map_err(unreadable)?;
        let found = found.ok_or(Refusal::NotFound { what: "delivery" })?;
        let mut batch = self.told_of(acting, to)?;
        outbox::shift(&mut batch, &found, &found.record.replayed(self.clock.now())).map_err(unreadable)?;
        let _told = self.told_at_the_end(&to.key, to.via);
        self.store.commit(batch).await.map_err(|why| why.refused("somebody else replayed it meanwhile"))?;
        Ok(Replayed { count: 1 })
    }

    /// The same with all that were set aside before this began.
    ///
    /// # Errors
    /// `Busy`, `Unavailable`: some may be under way then, and the others still are set aside.
    pub async fn replay_all(&self, acting: Acting<'_>, to: &Recipient) -> Result<Replayed, Refusal> {
        let (mut after, mut count) = (None, 0);
        let said = self.store.commit(self.told_of(acting, to)?).await;
        said.map_err(|why| why.refused("it was said meanwhile"))?;
        let _told = self.told_at_the_end(&to.key, to.via);
        loop {
            let page = outbox::list(&self.store, &to.key, Stage::Parked, after, REPLAY_BATCH, Direction::Forward);
            let page = page.map_err(unreadable)?;
            let mut batch = Batch::default();
            for found in &page.items {
                outbox::shift(&mut batch, found, &found.record.replayed(self.clock.now())).map_err(unreadable)?;
            }
            match self.store.commit(batch).await {
                Ok(()) => count += page.items.len(),
                // One of them was erased or replayed by somebody else: the page is read again.
                Err(CommitError::Conflict { .. }) => continue,
                Err(why) => return Err(why.refused("they changed meanwhile")),
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(Replayed { count })
    }

    /// Has the courier look at its target anew once this is over, however it ends.
    pub(super) fn told_at_the_end(&self, key: &TargetKey, via: Via) -> Told {
        Told { couriers: Arc::clone(&self.couriers), key: key.clone(), via }
    }

    /// A batch that says who replays what.
    fn told_of(&self, acting: Acting<'_>, to: &Recipient) -> Result<Batch, Refusal> {
        let now = self.clock.now();
        let entry = acting.entry(&to.key.organization, now, Act::DeliveriesReplayed, to.on.clone(), Vec::new());
        let mut batch = Batch::default();
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        Ok(batch)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "deliveries do not read or write");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deliveries").finish_non_exhaustive()
    }
}
