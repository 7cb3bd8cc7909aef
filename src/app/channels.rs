//! The channels of others' networks as the doors hold them.

use std::sync::Arc;

use anyhow::Result;

use super::outbox::Outbox;
use super::{signed, sms, whatsapp};
use crate::actors::Parts;
use crate::config::Config;
use crate::engine::channels::email::Onward;
use crate::engine::channels::outward::{ChannelAccounts, Dispatches};
use crate::engine::channels::whatsapp::Fetcher;
use crate::engine::{Customers, Files, MailChannel, Sessions, SignedChannels, Sms, VoiceNotes, Whatsapp};

/// See the module.
pub(super) struct Channels {
    pub whatsapp: Whatsapp,
    /// Who fetches the files that come by it.
    pub media: Option<Fetcher>,
    pub mail: MailChannel,
    /// How conversations of the page go on by it.
    pub onward: Onward,
    pub sms: Sms,
    pub signed_channels: SignedChannels,
    /// How far messages came.
    pub dispatches: Dispatches,
    /// What leaves by all of them.
    pub channel_accounts: ChannelAccounts,
}

impl Channels {
    pub(super) fn new(
        config: &Config,
        parts: &Parts,
        outbox: &Outbox,
        (sessions, customers): (&Sessions, &Customers),
        kept: (&Files, &VoiceNotes),
    ) -> Result<Self> {
        let services = || (sessions.clone(), customers.clone());
        let (store, clock) = (parts.store.clone(), Arc::clone(&parts.clock));
        let dispatches = outbox.dispatches(parts);
        let (whatsapp, media) = whatsapp::channel(
            config,
            parts,
            (dispatches.clone(), outbox.opt_outs()),
            services(),
            kept,
            outbox.states(),
        )?;
        Ok(Self {
            whatsapp,
            media,
            onward: outbox.mail().onward(parts, sessions.clone(), customers.clone(), outbox.couriers()),
            mail: outbox.mail().channel(parts, sessions.clone(), customers.clone()),
            sms: sms::service(config, parts, outbox, services())?,
            signed_channels: signed::service(config, parts, outbox, services()),
            dispatches,
            channel_accounts: ChannelAccounts::new(store, clock, Arc::clone(outbox.couriers())),
        })
    }
}
