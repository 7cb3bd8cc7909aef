//! `WhatsApp`: what comes in, and the way out.

use std::sync::Arc;

use anyhow::{Context, Result};

use crate::actors::Parts;
use crate::actors::outbox::Carrier;
use crate::config::Config;
use crate::engine::channels::outward::{ChannelCarrier, ChannelStates, Dispatches};
use crate::engine::channels::whatsapp::{Graph, WhatsappOutlet};
use crate::engine::{Customers, Sessions, Whatsapp};

/// Who carries messages there.
pub(super) fn carrier(config: &Config, parts: &Parts, states: &Arc<ChannelStates>) -> Result<Arc<dyn Carrier>> {
    let (store, clock) = (|| parts.store.clone(), || Arc::clone(&parts.clock));
    let graph = graph(config)?;
    let outlet = Arc::new(WhatsappOutlet::new(config.whatsapp.settings()?, graph, store(), clock()));
    let carrier = ChannelCarrier::new(store(), clock(), outlet, Arc::clone(states));
    Ok(Arc::new(carrier.waiting_s(config.outbox.unclear_wait_s)))
}

/// What the doors hold.
pub(super) fn channel(
    config: &Config,
    parts: &Parts,
    dispatches: Dispatches,
    (sessions, customers): (Sessions, Customers),
) -> Result<Whatsapp> {
    let (store, clock) = (parts.store.clone(), Arc::clone(&parts.clock));
    let channel = Whatsapp::new(config.whatsapp.settings()?, store, clock, sessions, customers, dispatches);
    Ok(if config.whatsapp.typing { channel.showing_typing(graph(config)?) } else { channel })
}

fn graph(config: &Config) -> Result<Option<Graph>> {
    config.whatsapp.graph()?.map(Graph::new).transpose().context("whatsapp")
}
