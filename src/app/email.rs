//! Mail: its setup out of the settings and the installation's key, the way out for the outbox, and the channel for the doors.

use std::sync::Arc;

use anyhow::{Context, Result};

use crate::actors::Parts;
use crate::actors::outbox::Carrier;
use crate::auth::Vault;
use crate::config::Config;
use crate::engine::channels::MailChannel;
use crate::engine::channels::email::{EmailOutlet, MailParts, MailSecrets, Mailboxes};
use crate::engine::channels::outward::{ChannelCarrier, ChannelStates};
use crate::engine::{Customers, Files, Sessions};

/// See the module.
pub(super) struct Mail {
    boxes: Arc<Mailboxes>,
    states: Arc<ChannelStates>,
    files: Files,
}

impl Mail {
    pub(super) fn new(config: &Config, vault: &Vault, states: Arc<ChannelStates>, files: Files) -> Result<Self> {
        let settings = config.email.settings()?;
        if settings.is_empty() {
            return Ok(Self { boxes: Arc::default(), states, files });
        }
        let derive = |purpose| vault.derive(purpose).context("secrets.key");
        let secrets = MailSecrets { reply: derive("email/reply")?, marker: derive("email/marker")? };
        let boxes = Mailboxes::new(settings, &secrets).context("email.from")?;
        Ok(Self { boxes: Arc::new(boxes), states, files })
    }

    /// Who carries answers to customers, where mail is set up.
    pub(super) fn carrier(&self, config: &Config, parts: &Parts) -> Option<Arc<dyn Carrier>> {
        if self.boxes.all().is_empty() {
            return None;
        }
        let (store, clock) = (parts.store.clone(), Arc::clone(&parts.clock));
        let outlet = Arc::new(EmailOutlet::new(store.clone(), Arc::clone(&self.boxes), self.files.clone()));
        let carrier = ChannelCarrier::new(store, clock, outlet, Arc::clone(&self.states));
        Some(Arc::new(carrier.waiting_s(config.outbox.unclear_wait_s)))
    }

    /// What the doors hold.
    pub(super) fn channel(&self, parts: &Parts, sessions: Sessions, customers: Customers) -> MailChannel {
        let (store, clock, states) = (parts.store.clone(), Arc::clone(&parts.clock), Arc::clone(&self.states));
        let files = self.files.clone();
        MailChannel::new(MailParts { store, clock, sessions, customers, states, files }, Arc::clone(&self.boxes))
    }
}
