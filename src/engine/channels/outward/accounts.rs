//! Our numbers and addresses as administrators see them: what waits to go from each, what was set aside, and what of that is to
//! be sent once more.

use std::sync::Arc;

use uuid::Uuid;

use super::carrier::{account, names};
use super::{Account, Dispatch};
use crate::actors::outbox::{Couriers, Depth};
use crate::auth::Caller;
use crate::clock::SharedClock;
use crate::domain::audit::Target;
use crate::domain::outbox::{Delivery, Number, Stage, TargetKey, Via};
use crate::domain::{Channel, OrganizationId, Refusal};
use crate::engine::audit::Acting;
use crate::engine::deliveries::{Deliveries, DeliveryList, Recipient, Replayed};
use crate::store::{Direction, Store, StoreError, outbox, record};

/// The most deliveries of an account that are looked at for its name.
const LOOKED_AT_MAX: usize = 16;

/// See the module.
#[derive(Debug, Clone)]
pub struct ChannelAccounts {
    store: Store,
    deliveries: Deliveries,
}

/// One of our numbers or addresses, and how its deliveries stand.
#[derive(Debug, Clone)]
pub struct AccountReport {
    /// What the outbox calls it.
    pub id: Uuid,
    /// Of which channel.
    pub channel: Channel,
    /// What the provider calls it; none where everybody who was written to from it is unknown by now.
    pub name: Option<String>,
    /// What waits and what was set aside.
    pub depth: Depth,
}

impl ChannelAccounts {
    /// Wires the service.
    pub fn new(store: Store, clock: SharedClock, couriers: Arc<Couriers>) -> Self {
        Self { deliveries: Deliveries::new(store.clone(), clock, couriers), store }
    }

    /// All from which something was sent or is to be, by channel and name.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Unavailable`.
    pub async fn all(&self, caller: &Caller) -> Result<Vec<AccountReport>, Refusal> {
        caller.require_admin()?;
        let (me, organization) = (self.clone(), caller.organization.clone());
        let read = tokio::task::spawn_blocking(move || {
            let mut reports = Vec::new();
            for (key, via) in outbox::targets_of(&me.store, &organization).map_err(unreadable)? {
                let Some(channel) = channel(via) else { continue };
                let name = me.name(&key, channel).map_err(unreadable)?;
                reports.push(AccountReport { id: key.target, channel, name, depth: me.deliveries.depth(&key)? });
            }
            reports.sort_by(|one, other| (one.channel, &one.name, one.id).cmp(&(other.channel, &other.name, other.id)));
            Ok(reports)
        });
        read.await.unwrap_or(Err(Refusal::Unavailable { part: "store" }))
    }

    /// The deliveries of one at a stage. Of those that went the newest are kept.
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
        let (key, _) = self.at(&caller.organization, id)?;
        self.deliveries.list(&key, stage, after, limit)
    }

    /// Sends a message once more that was set aside, before what waits of its conversation.
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

    fn recipient(&self, acting: Acting<'_>, id: Uuid) -> Result<Recipient, Refusal> {
        acting.caller.require_admin()?;
        let (key, via) = self.at(&acting.caller.organization, id)?;
        let channel = channel(via).ok_or(Refusal::NotFound { what: "account" })?;
        let on = Target::new("channel_account", id);
        let on = match self.name(&key, channel).map_err(unreadable)? {
            Some(name) => on.named(&format!("{} {name}", channel.as_str())),
            None => on,
        };
        Ok(Recipient { key, via, on })
    }

    /// A webhook's endpoint is no account, and neither is another organization's.
    fn at(&self, organization: &OrganizationId, id: Uuid) -> Result<(TargetKey, Via), Refusal> {
        let key = TargetKey { organization: organization.clone(), target: id };
        let via = outbox::via(&self.store, &key).map_err(unreadable)?;
        let via = via.filter(|via| channel(*via).is_some()).ok_or(Refusal::NotFound { what: "account" })?;
        Ok((key, via))
    }

    /// What a provider calls the account: its name for the outbox does not tell.
    fn name(&self, key: &TargetKey, channel: Channel) -> Result<Option<String>, StoreError> {
        for stage in [Stage::Parked, Stage::Waiting, Stage::Finished] {
            for found in outbox::list(&self.store, key, stage, None, LOOKED_AT_MAX, Direction::Backward)?.items {
                if let Some(account) = self.account(&found.record, channel)? {
                    return Ok(Some(account.name));
                }
            }
        }
        Ok(None)
    }

    fn account(&self, delivery: &Delivery, channel: Channel) -> Result<Option<Account>, StoreError> {
        let dispatch = record::get::<Dispatch>(&self.store, &delivery.organization, &delivery.id().to_string())?;
        if let Some(dispatch) = dispatch {
            return Ok(Some(dispatch.record.account()));
        }
        let names = names(&self.store, &delivery.session_key(), channel)?;
        Ok(names.iter().map(account).find(|account| account.target() == delivery.target))
    }
}

/// The channel of a kind of target; none for endpoints of webhooks.
const fn channel(via: Via) -> Option<Channel> {
    match via {
        // Codes are never set aside.
        Via::Webhook | Via::EmailCode => None,
        Via::Whatsapp => Some(Channel::Whatsapp),
        Via::Email => Some(Channel::Email),
        Via::Sms => Some(Channel::Sms),
        Via::SignedChannel => Some(Channel::Webhook),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "what is to be sent by channels does not read");
    Refusal::Unavailable { part: "store" }
}
