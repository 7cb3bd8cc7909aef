//! How the deliveries of an endpoint stand, which are sent once more, and whether an endpoint answers at all.

use uuid::Uuid;

use super::{Webhooks, key, unreadable};
use crate::auth::Caller;
use crate::domain::Refusal;
use crate::domain::audit::Act;
use crate::domain::outbox::{Attempt, Delivery, Number, Stage};
use crate::engine::audit::Acting;
use crate::store::{Batch, CommitError, Direction, outbox};

/// The most deliveries on a page.
pub const DELIVERIES_PAGE_MAX: usize = 100;

/// Deliveries that are replayed with one batch.
const REPLAY_BATCH: usize = 128;

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

impl Webhooks {
    /// The deliveries of an endpoint at a stage. Of those that are done the newest are kept.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Unavailable`.
    pub fn deliveries(
        &self,
        caller: &Caller,
        id: Uuid,
        stage: Stage,
        after: Option<Number>,
        limit: usize,
    ) -> Result<DeliveryList, Refusal> {
        caller.require_admin()?;
        let key = key(&self.at(&caller.organization, id)?.record);
        let direction = match stage {
            Stage::Waiting => Direction::Forward,
            Stage::Parked | Stage::Finished => Direction::Backward,
        };
        let page = outbox::list(&self.store, &key, stage, after, limit.min(DELIVERIES_PAGE_MAX), direction);
        let page = page.map_err(unreadable)?;
        Ok(DeliveryList { items: page.items.into_iter().map(|found| found.record).collect(), next: page.next })
    }

    /// Sends a delivery once more that was set aside, under the id that it had, before what waits of its conversation.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Conflict` when it changed meanwhile; `Busy`, `Unavailable`.
    pub async fn replay(&self, acting: Acting<'_>, id: Uuid, number: Number) -> Result<Replayed, Refusal> {
        acting.caller.require_admin()?;
        let endpoint = self.at(&acting.caller.organization, id)?.record;
        let key = key(&endpoint);
        let found = outbox::at(&self.store, &key, Stage::Parked, number).map_err(unreadable)?;
        let found = found.ok_or(Refusal::NotFound { what: "delivery" })?;
        let mut batch = Batch::default();
        outbox::shift(&mut batch, &found, &found.record.replayed(self.clock.now())).map_err(unreadable)?;
        let _told = self.told_at_the_end(&key);
        self.commit(acting, &endpoint, Act::DeliveriesReplayed, batch).await?;
        Ok(Replayed { count: 1 })
    }

    /// The same with all that were set aside before this began.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Busy`, `Unavailable`: some may be under way then, and the others still are set aside.
    pub async fn replay_all(&self, acting: Acting<'_>, id: Uuid) -> Result<Replayed, Refusal> {
        acting.caller.require_admin()?;
        let endpoint = self.at(&acting.caller.organization, id)?.record;
        let (key, mut after, mut count) = (key(&endpoint), None, 0);
        self.commit(acting, &endpoint, Act::DeliveriesReplayed, Batch::default()).await?;
        let _told = self.told_at_the_end(&key);
        loop {
            let page = outbox::list(&self.store, &key, Stage::Parked, after, REPLAY_BATCH, Direction::Forward);
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

    /// Sends an endpoint a `ping`, once and at once, whether it is switched on or not, and says what it answered. That somebody did
    /// stands in the audit log before it is asked.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Busy`, `Unavailable`.
    pub async fn ping(&self, acting: Acting<'_>, id: Uuid) -> Result<Attempt, Refusal> {
        acting.caller.require_admin()?;
        let endpoint = self.at(&acting.caller.organization, id)?.record;
        self.commit(acting, &endpoint, Act::WebhookTested, Batch::default()).await?;
        Ok(self.carrier.ping(&endpoint).await)
    }
}
