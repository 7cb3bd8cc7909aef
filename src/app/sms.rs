//! SMS: the way in and the way out of the configured account.

use std::sync::Arc;

use anyhow::{Context, Result};

use super::outbox::Outbox;
use crate::actors::Parts;
use crate::actors::outbox::Carrier;
use crate::config::Config;
use crate::engine::channels::OptOuts;
use crate::engine::channels::outward::{ChannelCarrier, ChannelStates, Dispatches, Way};
use crate::engine::channels::sms::{SmsOutlet, SmsParts};
use crate::engine::{Customers, Sessions, Sms};

/// Who sends, if anybody does.
pub(super) fn carrier(
    config: &Config,
    parts: &Parts,
    opt_outs: &OptOuts,
    states: &Arc<ChannelStates>,
) -> Result<Option<Arc<dyn Carrier>>> {
    let Some(settings) = config.sms.settings()? else { return Ok(None) };
    let (store, clock) = (|| parts.store.clone(), || Arc::clone(&parts.clock));
    states.starts(&settings.account(), Way::Out);
    let dispatches = Dispatches::new(store(), clock());
    let outlet = SmsOutlet::new(Arc::new(settings), clock(), dispatches, opt_outs.clone()).context("sms")?;
    let carrier = ChannelCarrier::new(store(), clock(), Arc::new(outlet), Arc::clone(states));
    let carrier = carrier.waiting_s(config.outbox.unclear_wait_s);
    Ok(Some(Arc::new(carrier.waiting_after_start_s(config.outbox.unclear_start_wait_s))))
}

/// What the doors hold.
pub(super) fn service(
    config: &Config,
    parts: &Parts,
    outbox: &Outbox,
    (sessions, customers): (Sessions, Customers),
) -> Result<Sms> {
    let given = SmsParts {
        settings: config.sms.settings()?.map(Arc::new),
        store: parts.store.clone(),
        clock: Arc::clone(&parts.clock),
        opt_outs: outbox.opt_outs().clone(),
        states: Arc::clone(outbox.states()),
        dispatches: outbox.dispatches(parts),
    };
    Ok(Sms::new(given, sessions, customers))
}
