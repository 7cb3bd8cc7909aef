//! The way out to `WhatsApp`.

use std::sync::Arc;

use anyhow::{Context, Result};

use crate::actors::Parts;
use crate::actors::outbox::Carrier;
use crate::config::Config;
use crate::engine::channels::outward::{ChannelCarrier, ChannelStates};
use crate::engine::channels::whatsapp::{Graph, WhatsappOutlet};

/// Who carries messages there.
pub(super) fn carrier(config: &Config, parts: &Parts, states: &Arc<ChannelStates>) -> Result<Arc<dyn Carrier>> {
    let (store, clock) = (|| parts.store.clone(), || Arc::clone(&parts.clock));
    let graph = config.whatsapp.graph()?.map(Graph::new).transpose().context("whatsapp")?;
    let outlet = Arc::new(WhatsappOutlet::new(config.whatsapp.settings()?, graph, store(), clock()));
    let carrier = ChannelCarrier::new(store(), clock(), outlet, Arc::clone(states));
    Ok(Arc::new(carrier.waiting_s(config.outbox.unclear_wait_s)))
}
