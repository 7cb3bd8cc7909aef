//! What is delivered outside, and who delivers it.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};

use super::email::Mail;
use super::{secrets, signed, sms, whatsapp};
use crate::actors::outbox::{Carrier, CourierParts, Couriers, Feeder};
use crate::actors::{Directory, Parts};
use crate::auth::Vault;
use crate::config::Config;
use crate::engine::channels::OptOuts;
use crate::engine::channels::outward::{ChannelStates, Dispatches};
use crate::engine::webhooks::WebhookCarrier;
use crate::engine::{Files, Webhooks};
use crate::store::StoreUrl;

/// See the module.
pub(super) struct Outbox {
    vault: Arc<Vault>,
    webhooks: Arc<WebhookCarrier>,
    couriers: Arc<Couriers>,
    mail: Mail,
    states: Arc<ChannelStates>,
    opt_outs: OptOuts,
}

impl Outbox {
    /// Starts the couriers' supervisor; nothing is sent before their feeder runs.
    pub(super) async fn start(
        config: &Config,
        parts: &Parts,
        directory: &Arc<Directory>,
        place: Option<&StoreUrl>,
        files: &Files,
    ) -> Result<Self> {
        let (store, clock) = (|| parts.store.clone(), || Arc::clone(&parts.clock));
        let vault = Arc::new(secrets::vault(config, &parts.store, place).await?);
        let policies = Arc::clone(&parts.policies);
        let webhooks = WebhookCarrier::new(store(), clock(), policies, Arc::clone(&vault), config.webhooks.carrier());
        let webhooks = Arc::new(webhooks.context("webhooks")?);
        let states = Arc::new(ChannelStates::new(clock()));
        let mail = Mail::new(config, &vault, Arc::clone(&states), files.clone())?;
        let opt_outs = OptOuts::new(store(), clock(), Arc::clone(&vault));
        let whatsapp = whatsapp::carrier(config, parts, &opt_outs, &states, files)?;
        let mut carriers: Vec<Arc<dyn Carrier>> = vec![webhooks.clone(), whatsapp];
        carriers.extend(mail.carriers(config, parts));
        carriers.extend(sms::carrier(config, parts, &opt_outs, &states)?);
        carriers.push(signed::carrier(config, parts, &vault, &states)?);
        let couriers = Couriers::start(CourierParts {
            store: store(),
            clock: clock(),
            carriers: carriers.into(),
            pace: config.outbox.pace(),
            directory: Arc::clone(directory),
        });
        let couriers = couriers.await.map_err(|why| anyhow!("the couriers do not start: {why}"))?;
        Ok(Self { vault, webhooks, couriers, mail, states, opt_outs })
    }

    /// What secrets are sealed with.
    pub(super) const fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// Who wants no messages, by whatever channel.
    pub(super) const fn opt_outs(&self) -> &OptOuts {
        &self.opt_outs
    }

    /// How channels do.
    pub(super) const fn states(&self) -> &Arc<ChannelStates> {
        &self.states
    }

    /// The couriers.
    pub(super) const fn couriers(&self) -> &Arc<Couriers> {
        &self.couriers
    }

    /// How far messages came, for whoever hears news of them.
    pub(super) fn dispatches(&self, parts: &Parts) -> Dispatches {
        Dispatches::new(parts.store.clone(), Arc::clone(&parts.clock)).telling(Arc::clone(&self.couriers))
    }

    /// Mail.
    pub(super) const fn mail(&self) -> &Mail {
        &self.mail
    }

    /// What the doors hold, and what runs beside them.
    pub(super) fn services(self, config: &Config, parts: &Parts) -> (Webhooks, Feeder) {
        let (store, clock) = (parts.store.clone(), Arc::clone(&parts.clock));
        let feeder = Feeder::new(Arc::clone(&self.couriers));
        let limits = config.webhooks.limits();
        (Webhooks::new(store, clock, self.vault, self.webhooks, self.couriers, limits), feeder)
    }
}
