//! Channels of organizations' own: the way in and the way out.

use std::sync::Arc;

use anyhow::{Context, Result};

use super::outbox::Outbox;
use crate::actors::Parts;
use crate::actors::outbox::Carrier;
use crate::auth::Vault;
use crate::config::Config;
use crate::engine::channels::outward::{ChannelCarrier, ChannelStates};
use crate::engine::channels::signed::{SignedChannels, SignedOutlet};
use crate::engine::{Customers, Sessions};
use crate::outward::Reach;

/// Who sends.
pub(super) fn carrier(
    config: &Config,
    parts: &Parts,
    vault: &Arc<Vault>,
    states: &Arc<ChannelStates>,
) -> Result<Arc<dyn Carrier>> {
    let (store, clock) = (|| parts.store.clone(), || Arc::clone(&parts.clock));
    let reach = Reach::of(config.webhooks.private_addresses);
    let outlet = SignedOutlet::new(store(), clock(), Arc::clone(vault), reach, config.webhooks.timeout_ms);
    let outlet = Arc::new(outlet.context("webhooks")?);
    Ok(Arc::new(ChannelCarrier::new(store(), clock(), outlet, Arc::clone(states))))
}

/// What the doors hold.
pub(super) fn service(
    config: &Config,
    parts: &Parts,
    outbox: &Outbox,
    people: (Sessions, Customers),
) -> SignedChannels {
    let (store, clock) = (parts.store.clone(), Arc::clone(&parts.clock));
    let reach = Reach::of(config.webhooks.private_addresses);
    SignedChannels::new(store, clock, Arc::clone(outbox.vault()), reach, people)
}
