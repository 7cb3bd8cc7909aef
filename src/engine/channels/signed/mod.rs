//! Channels of organizations' own: a system of theirs brings customers' messages in and gets the replies, both signed as Standard
//! Webhooks 1.0 has it. Administrators make them; a secret is shown once, when it is made.

mod intake;
mod outlet;

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::auth::vault::VaultError;
use crate::auth::{Caller, SigningSecret, Vault};
use crate::clock::SharedClock;
use crate::domain::audit::{Act, Target};
use crate::domain::signed_channel::SignedChannel;
use crate::domain::webhook::{Previous, ROTATION_MS};
use crate::domain::{Label, OrganizationId, Refusal, Timestamp};
use crate::engine::accounts::RequestKey;
use crate::engine::audit::Acting;
use crate::engine::rotation::Rotation;
use crate::engine::{Customers, Sessions};
use crate::outward::Reach;
use crate::store::record::{self, Versioned};
use crate::store::signed_channel::signed_channels;
use crate::store::{Batch, Store, StoreError};

pub use intake::{Envelope, SignedMessage, TOLERANCE_S, Taken};
pub use outlet::SignedOutlet;

/// The most channels of one organization.
pub const CHANNELS_MAX: usize = 16;

/// See the module.
#[derive(Clone)]
pub struct SignedChannels {
    store: Store,
    clock: SharedClock,
    vault: Arc<Vault>,
    reach: Reach,
    sessions: Sessions,
    customers: Customers,
}

/// What one is to be; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ChannelDraft {
    /// What people call it.
    pub name: Option<Label>,
    /// Where replies go.
    pub reply_url: Option<String>,
    /// Whether it takes and sends anything; unless said, it does.
    pub enabled: Option<bool>,
}

/// A channel with the secret that was just made.
#[derive(Debug)]
pub struct ChannelWithSecret {
    /// It.
    pub channel: SignedChannel,
    /// The secret: this is the only time that it is shown.
    pub secret: SecretString,
}

impl SignedChannels {
    /// Wires the service.
    pub fn new(
        store: Store,
        clock: SharedClock,
        vault: Arc<Vault>,
        reach: Reach,
        (sessions, customers): (Sessions, Customers),
    ) -> Self {
        Self { store, clock, vault, reach, sessions, customers }
    }

    /// All of the organization's, oldest first.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Unavailable`.
    pub fn all(&self, caller: &Caller) -> Result<Vec<SignedChannel>, Refusal> {
        caller.require_admin()?;
        let found = signed_channels(&self.store, &caller.organization).map_err(unreadable)?;
        Ok(found.into_iter().map(|found| found.record).collect())
    }

    /// Makes one under `id`; a request may be repeated.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` by field; `Conflict` when there are as many as there may be; `Busy`, `Unavailable`.
    pub async fn create(
        &self,
        acting: Acting<'_>,
        id: Uuid,
        draft: ChannelDraft,
    ) -> Result<ChannelWithSecret, Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        if let Some(made) =
            record::get::<SignedChannel>(&self.store, organization, &id.to_string()).map_err(unreadable)?
        {
            return self.with_secret(made.record);
        }
        let count = record::count::<SignedChannel>(&self.store, organization, CHANNELS_MAX).map_err(unreadable)?;
        if count >= CHANNELS_MAX {
            return Err(Refusal::conflict("the organization has as many channels of its own as it may"));
        }
        let secret = SigningSecret::generate();
        let sealed = self.vault.seal(&SignedChannel::seal_context(organization, id), secret.text());
        let now = self.clock.now();
        let channel = SignedChannel {
            id,
            organization: organization.clone(),
            name: draft.name.ok_or_else(|| Refusal::invalid("name", "is required"))?,
            reply_url: draft.reply_url.ok_or_else(|| Refusal::invalid("reply_url", "is required"))?,
            enabled: draft.enabled.unwrap_or(true),
            secret: sealed.map_err(sealing)?,
            previous: None,
            created_at: now,
            updated_at: now,
        };
        self.check(&channel)?;
        let mut batch = Batch::default();
        record::insert(&mut batch, &channel).map_err(unreadable)?;
        self.commit(acting, &channel, batch).await?;
        Ok(ChannelWithSecret { channel, secret: secret.text().clone() })
    }

    /// Changes one.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Invalid` by field; `Conflict` when somebody else changed it meanwhile; `Busy`, `Unavailable`.
    pub async fn change(&self, acting: Acting<'_>, id: Uuid, draft: ChannelDraft) -> Result<SignedChannel, Refusal> {
        let old = self.of(&acting, id)?;
        let mut new = old.record.clone();
        new.name = draft.name.unwrap_or(new.name);
        new.reply_url = draft.reply_url.unwrap_or(new.reply_url);
        new.enabled = draft.enabled.unwrap_or(new.enabled);
        new.updated_at = self.clock.now();
        self.check(&new)?;
        let mut batch = Batch::default();
        record::update(&mut batch, &old, &new).map_err(unreadable)?;
        self.commit(acting, &new, batch).await?;
        Ok(new)
    }

    /// Gives one another secret; the one before holds for a day more. The same request once more gives what the first one made.
    ///
    /// # Errors
    /// As [`Self::change`]; `Conflict` also when the request's key came with another one, or what it made was replaced since.
    pub async fn rotate(
        &self,
        acting: Acting<'_>,
        id: Uuid,
        request: Option<&RequestKey>,
    ) -> Result<ChannelWithSecret, Refusal> {
        let now = self.clock.now();
        let rotation = Rotation::begin(&self.store, request, now)?;
        let old = self.of(&acting, id)?;
        if rotation.has_made(&old.record.secret)? {
            return self.with_secret(old.record);
        }
        let secret = SigningSecret::generate();
        let sealed = self.vault.seal(&SignedChannel::seal_context(&old.record.organization, id), secret.text());
        let previous = Previous { secret: old.record.secret.clone(), until: now.plus_ms(ROTATION_MS) };
        let new = SignedChannel {
            secret: sealed.map_err(sealing)?,
            previous: Some(previous),
            updated_at: now,
            ..old.record.clone()
        };
        let mut batch = Batch::default();
        record::update(&mut batch, &old, &new).map_err(unreadable)?;
        rotation.made(&mut batch, &new.secret)?;
        self.commit(acting, &new, batch).await?;
        Ok(ChannelWithSecret { channel: new, secret: secret.text().clone() })
    }

    /// Takes one away. Its conversations stay, and what would go to it does not.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub async fn delete(&self, acting: Acting<'_>, id: Uuid) -> Result<(), Refusal> {
        let old = self.of(&acting, id)?;
        let mut batch = Batch::default();
        record::remove(&mut batch, &old);
        self.commit(acting, &old.record, batch).await
    }

    fn of(&self, acting: &Acting<'_>, id: Uuid) -> Result<Versioned<SignedChannel>, Refusal> {
        acting.caller.require_admin()?;
        let found = record::get(&self.store, &acting.caller.organization, &id.to_string()).map_err(unreadable)?;
        found.ok_or(Refusal::NotFound { what: "channel" })
    }

    fn check(&self, channel: &SignedChannel) -> Result<(), Refusal> {
        channel.check()?;
        let wrong = |why| Refusal::invalid("reply_url", why);
        let url = channel.reply_url.parse().map_err(|_| wrong("must be an address of the web"))?;
        self.reach.check(&url).map_err(wrong)
    }

    fn with_secret(&self, channel: SignedChannel) -> Result<ChannelWithSecret, Refusal> {
        let secret = opened(&self.vault, &channel, &channel.secret).map_err(sealing)?;
        Ok(ChannelWithSecret { channel, secret: secret.text().clone() })
    }

    /// Commits what was done to a channel with its entry in the audit log. Its address may be a secret, and is not in it.
    async fn commit(&self, acting: Acting<'_>, channel: &SignedChannel, mut batch: Batch) -> Result<(), Refusal> {
        let on = Target::new("channel", channel.id).named(channel.name.as_str());
        let entry = acting.entry(&channel.organization, self.clock.now(), Act::ChannelChanged, on, Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        let committed = self.store.commit(batch).await;
        committed.map_err(|why| why.refused("somebody else changed the channel meanwhile"))
    }
}

/// The channel of that id in an organization.
fn at(store: &Store, organization: &OrganizationId, id: &str) -> Result<Option<SignedChannel>, StoreError> {
    Ok(record::get::<SignedChannel>(store, organization, id)?.map(|found| found.record))
}

/// What holds now, the newest first.
fn secrets(vault: &Vault, channel: &SignedChannel, now: Timestamp) -> Result<Vec<SigningSecret>, VaultError> {
    let previous = channel.previous.as_ref().filter(|previous| now < previous.until);
    let sealed = std::iter::once(&channel.secret).chain(previous.map(|previous| &previous.secret));
    sealed.map(|sealed| opened(vault, channel, sealed)).collect()
}

fn opened(
    vault: &Vault,
    channel: &SignedChannel,
    sealed: &crate::domain::sealed::Sealed,
) -> Result<SigningSecret, VaultError> {
    let text = vault.open(&SignedChannel::seal_context(&channel.organization, channel.id), sealed)?;
    SigningSecret::parse(text.expose_secret()).map_err(|_| VaultError::DoesNotOpen)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "channels of organizations do not read or write");
    Refusal::Unavailable { part: "store" }
}

fn sealing(error: VaultError) -> Refusal {
    tracing::error!(%error, "the secret of a channel can not be used: see secrets.key");
    Refusal::Unavailable { part: "secrets" }
}

impl std::fmt::Debug for SignedChannels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedChannels").finish_non_exhaustive()
    }
}
