//! Webhooks: which of an organization's own services hear of what, how their deliveries stand, and what is tried again.
//! Administrators write them; secrets are shown once, when they are made.
//!
//! What is sent is made by [`body`], and sent by [`carrier`]; when and in which order is the outbox's matter.

mod body;
mod carrier;
mod deliveries;
pub(in crate::engine) mod headers;
mod personal;

use std::sync::Arc;

use metrics::gauge;
use secrecy::SecretString;
use uuid::Uuid;

use super::accounts::RequestKey;
use super::audit::Acting;
use super::deliveries::Deliveries;
use super::rotation::Rotation;
use crate::actors::outbox::{Couriers, Depth};
use crate::auth::vault::VaultError;
use crate::auth::{Caller, SigningSecret, Vault};
use crate::clock::SharedClock;
use crate::domain::audit::{Act, Target};
use crate::domain::outbox::{TargetKey, Via};
use crate::domain::webhook::{Endpoint, Previous, ROTATION_MS, Topic};
use crate::domain::{Label, OrganizationId, Refusal};
use crate::outward::Reach;
use crate::store::record::{self, Versioned};
use crate::store::webhook::endpoints;
use crate::store::{Batch, Store, StoreError};

pub use carrier::{CarrierConfig, WebhookCarrier};
pub use personal::KeptDeliveries;

/// See the module.
#[derive(Clone)]
pub struct Webhooks {
    store: Store,
    clock: SharedClock,
    vault: Arc<Vault>,
    carrier: Arc<WebhookCarrier>,
    couriers: Arc<Couriers>,
    deliveries: Deliveries,
    limits: WebhookLimits,
}

/// What organizations may have.
#[derive(Debug, Clone, Copy)]
pub struct WebhookLimits {
    /// The most endpoints of one.
    pub endpoints_max: usize,
    /// Where they may be.
    pub reach: Reach,
}

/// What an endpoint is to be; what is `None` stays as it is, or is as it usually is.
#[derive(Debug, Clone, Default)]
pub struct EndpointDraft {
    /// Where.
    pub url: Option<String>,
    /// What people call it; `Some(None)`: nothing.
    pub description: Option<Option<Label>>,
    /// What it hears of; unless said, of everything.
    pub topics: Option<Vec<Topic>>,
    /// Whether it hears of anything; unless said, it does.
    pub enabled: Option<bool>,
}

/// An endpoint, and how its deliveries stand.
#[derive(Debug, Clone)]
pub struct EndpointReport {
    /// It.
    pub endpoint: Endpoint,
    /// What waits and what was set aside.
    pub depth: Depth,
}

/// An endpoint with the secret that was just made.
#[derive(Debug)]
pub struct WithSecret {
    /// It.
    pub report: EndpointReport,
    /// The secret: this is the only time that it is shown.
    pub secret: SecretString,
}

impl Webhooks {
    /// Wires the service.
    pub fn new(
        store: Store,
        clock: SharedClock,
        vault: Arc<Vault>,
        carrier: Arc<WebhookCarrier>,
        couriers: Arc<Couriers>,
        limits: WebhookLimits,
    ) -> Self {
        let deliveries = Deliveries::new(store.clone(), Arc::clone(&clock), Arc::clone(&couriers));
        Self { store, clock, vault, carrier, couriers, deliveries, limits }
    }

    /// All endpoints of the organization, oldest first.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Unavailable`.
    pub async fn all(&self, caller: &Caller) -> Result<Vec<EndpointReport>, Refusal> {
        caller.require_admin()?;
        let (me, organization) = (self.clone(), caller.organization.clone());
        let read = tokio::task::spawn_blocking(move || {
            let found = endpoints(&me.store, &organization).map_err(unreadable)?;
            found.into_iter().map(|found| me.report(found.record)).collect()
        });
        read.await.unwrap_or(Err(Refusal::Unavailable { part: "store" }))
    }

    /// One of them.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Unavailable`.
    pub fn one(&self, caller: &Caller, id: Uuid) -> Result<EndpointReport, Refusal> {
        caller.require_admin()?;
        self.report(self.at(&caller.organization, id)?.record)
    }

    /// Makes one under `id`. The same id once more gives what the first one made: a request may be repeated.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` by field; `Conflict` when there are as many as there may be; `Busy`, `Unavailable`.
    pub async fn create(
        &self,
        acting: Acting<'_>,
        id: Uuid,
        draft: EndpointDraft,
        secret: Option<SigningSecret>,
    ) -> Result<WithSecret, Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        if let Some(made) = record::get::<Endpoint>(&self.store, organization, &id.to_string()).map_err(unreadable)? {
            return self.with_secret(made.record);
        }
        let count = record::count::<Endpoint>(&self.store, organization, self.limits.endpoints_max);
        if count.map_err(unreadable)? >= self.limits.endpoints_max {
            return Err(Refusal::conflict("the organization has as many webhooks as it may"));
        }
        let secret = secret.unwrap_or_else(SigningSecret::generate);
        let now = self.clock.now();
        let sealed = self.vault.seal(&Endpoint::seal_context(organization, id), secret.text()).map_err(sealing)?;
        let endpoint = Endpoint {
            id,
            organization: organization.clone(),
            url: draft.url.ok_or_else(|| Refusal::invalid("url", "is required"))?,
            description: draft.description.flatten(),
            topics: draft.topics.unwrap_or_else(|| Topic::ALL.to_vec()),
            enabled: draft.enabled.unwrap_or(true),
            given_up: None,
            // It hears of nothing that was there before.
            since: *self.store.feed_end().borrow(),
            off: Vec::new(),
            secret: sealed,
            previous: None,
            created_at: now,
            updated_at: now,
        };
        self.check(&endpoint)?;
        let mut batch = Batch::default();
        record::insert(&mut batch, &endpoint).map_err(unreadable)?;
        self.commit(acting, &endpoint, Act::WebhookChanged, batch).await?;
        Ok(WithSecret { report: self.report(endpoint)?, secret: secret.text().clone() })
    }

    /// Changes one. One that is switched on again gets what has waited for it, and nothing of what happened while it was off.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Invalid` by field; `Conflict` when somebody else changed it meanwhile; `Busy`, `Unavailable`.
    pub async fn change(&self, acting: Acting<'_>, id: Uuid, draft: EndpointDraft) -> Result<EndpointReport, Refusal> {
        acting.caller.require_admin()?;
        let old = self.at(&acting.caller.organization, id)?;
        let mut new = old.record.clone();
        new.url = draft.url.unwrap_or(new.url);
        new.description = draft.description.unwrap_or(new.description);
        new.topics = draft.topics.unwrap_or(new.topics);
        if let Some(enabled) = draft.enabled {
            new.switch(enabled, *self.store.feed_end().borrow());
            new.given_up = new.given_up.filter(|_| !enabled);
        }
        new.updated_at = self.clock.now();
        self.check(&new)?;
        let mut batch = Batch::default();
        record::update(&mut batch, &old, &new).map_err(unreadable)?;
        let _told = self.deliveries.told_at_the_end(&key(&new), Via::Webhook);
        self.commit(acting, &new, Act::WebhookChanged, batch).await?;
        self.report(new)
    }

    /// Takes one away, with its deliveries.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Conflict` when somebody else changed it meanwhile; `Busy`, `Unavailable`.
    pub async fn delete(&self, acting: Acting<'_>, id: Uuid) -> Result<(), Refusal> {
        acting.caller.require_admin()?;
        let old = self.at(&acting.caller.organization, id)?;
        let mut batch = Batch::default();
        record::remove(&mut batch, &old);
        self.commit(acting, &old.record, Act::WebhookChanged, batch).await?;
        self.couriers.forget(&key(&old.record)).await.map_err(unreadable)
    }

    /// Gives one another secret; for a day deliveries are signed with both. The same request once more gives what the first one made.
    ///
    /// # Errors
    /// As [`Self::change`]; `Conflict` also when the request's key came with another one, or what it made was replaced since.
    pub async fn rotate(
        &self,
        acting: Acting<'_>,
        id: Uuid,
        secret: Option<SigningSecret>,
        request: Option<&RequestKey>,
    ) -> Result<WithSecret, Refusal> {
        acting.caller.require_admin()?;
        let (organization, now) = (&acting.caller.organization, self.clock.now());
        let rotation = Rotation::begin(&self.store, request, now)?;
        let old = self.at(organization, id)?;
        if rotation.has_made(&old.record.secret)? {
            return self.with_secret(old.record);
        }
        let secret = secret.unwrap_or_else(SigningSecret::generate);
        let sealed = self.vault.seal(&Endpoint::seal_context(organization, id), secret.text()).map_err(sealing)?;
        let previous = Previous { secret: old.record.secret.clone(), until: now.plus_ms(ROTATION_MS) };
        let new = Endpoint { secret: sealed, previous: Some(previous), updated_at: now, ..old.record.clone() };
        let mut batch = Batch::default();
        record::update(&mut batch, &old, &new).map_err(unreadable)?;
        rotation.made(&mut batch, &new.secret)?;
        self.commit(acting, &new, Act::WebhookChanged, batch).await?;
        Ok(WithSecret { report: self.report(new)?, secret: secret.text().clone() })
    }

    /// Sets the gauges of what is to be delivered, in all organizations together. Counts rows, and so blocks.
    pub fn measure(&self) {
        let depth = match self.couriers.depths() {
            Ok(depth) => depth,
            Err(error) => {
                tracing::error!(%error, "deliveries can not be counted");
                return;
            }
        };
        let age_ms = depth.oldest.map_or(0, |oldest| self.clock.now().since_ms(oldest));
        gauge!("switchboard_outbox_waiting").set(depth.waiting as f64);
        gauge!("switchboard_outbox_parked").set(depth.parked as f64);
        gauge!("switchboard_outbox_oldest_seconds").set(age_ms as f64 / 1_000.0);
    }

    fn check(&self, endpoint: &Endpoint) -> Result<(), Refusal> {
        endpoint.check()?;
        let url = endpoint.url.parse().map_err(|_| Refusal::invalid("url", "must be an address of the web"))?;
        self.limits.reach.check(&url).map_err(|why| Refusal::invalid("url", why))
    }

    fn report(&self, endpoint: Endpoint) -> Result<EndpointReport, Refusal> {
        let depth = self.deliveries.depth(&key(&endpoint))?;
        Ok(EndpointReport { endpoint, depth })
    }

    fn with_secret(&self, endpoint: Endpoint) -> Result<WithSecret, Refusal> {
        let context = Endpoint::seal_context(&endpoint.organization, endpoint.id);
        let secret = self.vault.open(&context, &endpoint.secret).map_err(sealing)?;
        Ok(WithSecret { report: self.report(endpoint)?, secret })
    }

    fn at(&self, organization: &OrganizationId, id: Uuid) -> Result<Versioned<Endpoint>, Refusal> {
        let found = record::get(&self.store, organization, &id.to_string()).map_err(unreadable)?;
        found.ok_or(Refusal::NotFound { what: "webhook" })
    }

    /// Commits what was done to an endpoint with its entry in the audit log. Its address may be a secret, and is not in it.
    async fn commit(&self, acting: Acting<'_>, endpoint: &Endpoint, act: Act, mut batch: Batch) -> Result<(), Refusal> {
        let entry = acting.entry(&endpoint.organization, self.clock.now(), act, named(endpoint), Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        let committed = self.store.commit(batch).await;
        committed.map_err(|why| why.refused("somebody else changed the webhook meanwhile"))
    }
}

fn key(endpoint: &Endpoint) -> TargetKey {
    TargetKey { organization: endpoint.organization.clone(), target: endpoint.id }
}

/// What the audit log calls it.
fn named(endpoint: &Endpoint) -> Target {
    let on = Target::new("webhook", endpoint.id);
    match &endpoint.description {
        Some(description) => on.named(description.as_str()),
        None => on,
    }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "webhooks do not read or write");
    Refusal::Unavailable { part: "store" }
}

fn sealing(error: VaultError) -> Refusal {
    tracing::error!(%error, "the secret of a webhook can not be used: see secrets.key");
    Refusal::Unavailable { part: "secrets" }
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks").field("store", &self.store).finish_non_exhaustive()
    }
}
