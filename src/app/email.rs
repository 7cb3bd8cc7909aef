//! Mail: its setup out of the settings and the installation's key, the way out for the outbox, and the channel for the doors.

use std::sync::Arc;

use anyhow::{Context, Result};

use crate::actors::Parts;
use crate::actors::outbox::{Carrier, Couriers};
use crate::auth::Vault;
use crate::config::Config;
use crate::engine::channels::MailChannel;
use crate::engine::channels::email::{
    CodeCarrier, CodeKey, EmailOutlet, MailParts, MailSecrets, Mailboxes, Onward, OnwardParts, OnwardRule,
    OnwardSettings,
};
use crate::engine::channels::outward::{ChannelCarrier, ChannelStates};
use crate::engine::{Customers, Files, Sessions};

/// See the module.
pub(super) struct Mail {
    boxes: Arc<Mailboxes>,
    states: Arc<ChannelStates>,
    files: Files,
    onward: Arc<OnwardSettings>,
    key: Option<CodeKey>,
}

impl Mail {
    pub(super) fn new(config: &Config, vault: &Vault, states: Arc<ChannelStates>, files: Files) -> Result<Self> {
        let (settings, onward) = (config.email.settings()?, Arc::new(config.email.onward()?));
        if settings.is_empty() {
            return Ok(Self { boxes: Arc::default(), states, files, onward, key: None });
        }
        let derive = |purpose| vault.derive(purpose).context("secrets.key");
        let secrets = MailSecrets { reply: derive("email/reply")?, marker: derive("email/marker")? };
        let boxes = Mailboxes::new(settings, &secrets).context("email.from")?;
        let key = Some(CodeKey::new(derive("email/code")?));
        Ok(Self { boxes: Arc::new(boxes), states, files, onward, key })
    }

    /// Who carries answers to customers, and codes, where mail is set up.
    pub(super) fn carriers(&self, config: &Config, parts: &Parts) -> Vec<Arc<dyn Carrier>> {
        let Some(key) = &self.key else { return Vec::new() };
        let place = || (parts.store.clone(), Arc::clone(&parts.clock));
        let (boxes, states) = (|| Arc::clone(&self.boxes), || Arc::clone(&self.states));
        let (store, clock) = place();
        let rule = OnwardRule::new(store.clone(), Arc::clone(&clock), Arc::clone(&parts.bus), Arc::clone(&self.onward));
        let outlet = Arc::new(EmailOutlet::new(store.clone(), boxes(), self.files.clone(), rule));
        let carrier = ChannelCarrier::new(store, clock, outlet, states()).waiting_s(config.outbox.unclear_wait_s);
        // No server tells that it took a mail, so none that is waited for after a start comes.
        let carrier = carrier.waiting_after_start_s(0);
        let codes = CodeCarrier::new(place(), (boxes(), states()), Arc::clone(&self.onward), key.clone());
        vec![Arc::new(carrier), Arc::new(codes)]
    }

    /// How conversations of the page go on by mail, for the doors.
    pub(super) fn onward(
        &self,
        parts: &Parts,
        sessions: Sessions,
        customers: Customers,
        couriers: &Arc<Couriers>,
    ) -> Onward {
        Onward::new(OnwardParts {
            store: parts.store.clone(),
            clock: Arc::clone(&parts.clock),
            sessions,
            customers,
            boxes: Arc::clone(&self.boxes),
            couriers: Arc::clone(couriers),
            settings: Arc::clone(&self.onward),
            key: self.key.clone(),
        })
    }

    /// What the doors hold.
    pub(super) fn channel(&self, parts: &Parts, sessions: Sessions, customers: Customers) -> MailChannel {
        let (store, clock, states) = (parts.store.clone(), Arc::clone(&parts.clock), Arc::clone(&self.states));
        let files = self.files.clone();
        let onward = Arc::clone(&self.onward);
        MailChannel::new(
            MailParts { store, clock, sessions, customers, states, files, onward },
            Arc::clone(&self.boxes),
        )
    }
}
