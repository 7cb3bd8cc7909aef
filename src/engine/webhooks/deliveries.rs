//! How the deliveries of an endpoint stand, which are sent once more, and whether an endpoint answers at all.

use uuid::Uuid;

use super::{Webhooks, key, named};
use crate::auth::Caller;
use crate::domain::Refusal;
use crate::domain::audit::Act;
use crate::domain::outbox::{Attempt, Number, Stage, Via};
use crate::engine::audit::Acting;
use crate::engine::deliveries::{DeliveryList, Recipient, Replayed};
use crate::store::Batch;

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
        self.deliveries.list(&key, stage, after, limit)
    }

    /// Sends a delivery once more that was set aside, under the id that it had, before what waits of its conversation.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Conflict` when it changed meanwhile; `Busy`, `Unavailable`.
    pub async fn replay(&self, acting: Acting<'_>, id: Uuid, number: Number) -> Result<Replayed, Refusal> {
        let to = self.recipient(acting, id)?;
        self.deliveries.replay(acting, &to, number).await
    }

    /// The same with all that were set aside before this began.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Busy`, `Unavailable`: some may be under way then, and the others still are set aside.
    pub async fn replay_all(&self, acting: Acting<'_>, id: Uuid) -> Result<Replayed, Refusal> {
        let to = self.recipient(acting, id)?;
        self.deliveries.replay_all(acting, &to).await
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

    fn recipient(&self, acting: Acting<'_>, id: Uuid) -> Result<Recipient, Refusal> {
        acting.caller.require_admin()?;
        let endpoint = self.at(&acting.caller.organization, id)?.record;
        Ok(Recipient { key: key(&endpoint), via: Via::Webhook, on: named(&endpoint) })
    }
}
