//! `WhatsApp`: what comes in, and the way out.

use std::sync::Arc;

use anyhow::{Context, Result};

use crate::actors::Parts;
use crate::actors::outbox::Carrier;
use crate::config::Config;
use crate::engine::channels::OptOuts;
use crate::engine::channels::outward::{ChannelCarrier, ChannelStates, Dispatches};
use crate::engine::channels::whatsapp::{Fetcher, FetcherParts, Graph, Leaving, ToDo, WhatsappOutlet};
use crate::engine::{Customers, Files, Sessions, VoiceNotes, Whatsapp};

/// Who carries messages there.
pub(super) fn carrier(
    config: &Config,
    parts: &Parts,
    opt_outs: &OptOuts,
    states: &Arc<ChannelStates>,
    files: &Files,
) -> Result<Arc<dyn Carrier>> {
    let (store, clock) = (|| parts.store.clone(), || Arc::clone(&parts.clock));
    let graph = graph(config)?;
    let settings = config.whatsapp.settings()?;
    let outlet = WhatsappOutlet::new(settings, graph, files.clone(), store(), clock(), opt_outs.clone());
    let outlet = Arc::new(outlet);
    let carrier = ChannelCarrier::new(store(), clock(), outlet, Arc::clone(states));
    let carrier = carrier.waiting_s(config.outbox.unclear_wait_s);
    let carrier = carrier.waiting_after_start_s(config.outbox.unclear_start_wait_s);
    Ok(Arc::new(carrier.bringing_again_ms(config.outbox.retry_first_ms)))
}

/// What the doors hold, and who fetches customers' files where there is a way to Meta.
pub(super) fn channel(
    config: &Config,
    parts: &Parts,
    (dispatches, opt_outs): (Dispatches, &OptOuts),
    (sessions, customers): (Sessions, Customers),
    (files, voice): (&Files, &VoiceNotes),
    states: &Arc<ChannelStates>,
) -> Result<(Whatsapp, Option<Fetcher>)> {
    let (store, clock) = (|| parts.store.clone(), || Arc::clone(&parts.clock));
    let settings = config.whatsapp.settings()?;
    let (organization, number) = (settings.organization.clone(), settings.number.clone());
    let channel = Whatsapp::new(settings, store(), clock(), sessions.clone(), customers, dispatches);
    let channel = channel.obeying(Leaving {
        opt_outs: opt_outs.clone(),
        stopped: config.sms.stopped_text.clone(),
        started: config.sms.started_text.clone(),
    });
    let Some(graph) = graph(config)? else { return Ok((channel, None)) };
    let typing = config.whatsapp.typing.then(|| graph.clone());
    let to_do = ToDo::new(store(), clock(), voice.are_heard());
    let channel = channel.showing_typing(typing).noting_files(to_do.clone());
    let fetcher = Fetcher::new(FetcherParts {
        to_do,
        organization,
        graph,
        files: files.clone(),
        sessions,
        voice: voice.clone(),
        clock: clock(),
        retry_first_ms: config.outbox.retry_first_ms,
        unheard_text: config.whatsapp.unheard_text()?,
        number,
        states: Arc::clone(states),
    });
    Ok((channel, Some(fetcher)))
}

fn graph(config: &Config) -> Result<Option<Graph>> {
    config.whatsapp.graph()?.map(Graph::new).transpose().context("whatsapp")
}
