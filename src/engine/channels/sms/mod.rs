//! SMS, by one provider: customers' messages into sessions, replies out, news of them up the ladder, and words that are obeyed
//! at once.
//!
//! The order of a word like STOP: the message stands in the conversation, then the mark is set, then the customer is told.
//! Each step counts once, and the provider is answered after the last: whatever breaks meanwhile, it brings the message again
//! and the rest is done.

mod catch_up;
mod http;
mod intake;
mod outlet;
mod status;

use std::sync::Arc;

use super::braking::Braking;
use super::outward::{Account, ChannelStates, Dispatches, Way};
use super::{OptOuts, Strand};
use crate::channels::sms::{Party, ProviderCall, SmsProvider};
use crate::channels::whatsapp::pace::Limit;
use crate::clock::SharedClock;
use crate::domain::{Channel, OrganizationId};
use crate::engine::{Customers, Sessions};
use crate::store::Store;

pub use crate::channels::sms::twilio::SIGNATURE_HEADER;
pub use crate::channels::sms::{Method, ProviderCall as Call};
pub use outlet::SmsOutlet;

/// The longest call of a provider that is read, in bytes. Theirs have a few kilobytes.
pub const CALL_MAX_BYTES: usize = 64 * 1024;

/// The paths below our public address that a provider calls, by its name.
pub const CALLBACKS: &str = "/api/channels/sms";

/// An account at a provider.
#[derive(Clone)]
pub struct SmsSettings {
    /// Whose it is.
    pub organization: OrganizationId,
    /// The provider.
    pub provider: Arc<dyn SmsProvider>,
    /// From whom messages go out, and so to whom customers write.
    pub sender: Party,
    /// Our address as the provider calls it, without a path's last `/`.
    pub public_url: String,
    /// A token that the provider carries back, where it signs nothing: a part of the callbacks' addresses.
    pub callback_query: String,
    /// How long a request may take, in milliseconds.
    pub timeout_ms: u64,
    /// How fast it takes messages; `None` where it queues them itself.
    pub pace: Option<Limit>,
    /// What customers are told.
    pub texts: SmsTexts,
}

/// What a customer is told of a word that is obeyed at once, where the provider does not tell them. An empty one is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsTexts {
    /// They left.
    pub stopped: String,
    /// They came back.
    pub started: String,
    /// They ask who writes.
    pub help: String,
}

impl SmsSettings {
    /// The account as the outbox knows it.
    pub fn account(&self) -> Account {
        let (organization, name) = (self.organization.clone(), self.sender.as_str().to_owned());
        Account { organization, channel: Channel::Sms, name }
    }
}

impl std::fmt::Debug for SmsSettings {
    /// Without what callbacks carry: it is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsSettings")
            .field("provider", &self.provider.name())
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

/// See the module.
#[derive(Clone)]
pub struct Sms {
    settings: Option<Arc<SmsSettings>>,
    store: Store,
    clock: SharedClock,
    sessions: Sessions,
    customers: Customers,
    dispatches: Dispatches,
    opt_outs: OptOuts,
    states: Arc<ChannelStates>,
    braking: Braking,
}

/// What the channel works with.
#[derive(Debug)]
pub struct SmsParts {
    /// The account; without one nobody is believed.
    pub settings: Option<Arc<SmsSettings>>,
    /// The truth.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// Who wants no messages.
    pub opt_outs: OptOuts,
    /// How the account does.
    pub states: Arc<ChannelStates>,
    /// How far messages came.
    pub dispatches: Dispatches,
}

impl Sms {
    /// The channel.
    pub fn new(parts: SmsParts, sessions: Sessions, customers: Customers) -> Self {
        let SmsParts { settings, store, clock, opt_outs, states, dispatches } = parts;
        if let Some(settings) = &settings {
            states.starts(&settings.account(), Way::In);
        }
        Self { settings, store, clock, sessions, customers, dispatches, opt_outs, states, braking: Braking::default() }
    }

    /// Whether a provider is set up.
    pub const fn is_set_up(&self) -> bool {
        self.settings.is_some()
    }

    /// A call of this provider's: its fields, and the address that it called. `None` where another provider is set up, or none.
    pub fn call(
        &self,
        by: &str,
        method: Method,
        path: &str,
        body: &[u8],
        signature: Option<&str>,
    ) -> Option<ProviderCall> {
        let settings = self.settings.as_ref().filter(|settings| settings.provider.name() == by)?;
        // Never by the header `Host`, which whoever calls may choose.
        let url = format!("{}{path}", settings.public_url);
        let call = ProviderCall::new(method, &url, body, signature);
        settings.provider.is_authentic(&call).then_some(call)
    }

    /// What a call is answered with: content type and body. Nothing of it goes to the customer.
    pub fn acknowledgement(&self) -> (&'static str, &'static str) {
        self.settings.as_ref().map_or(("text/plain", ""), |settings| settings.provider.acknowledgement())
    }
}

impl std::fmt::Debug for Sms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sms").field("is_set_up", &self.is_set_up()).finish_non_exhaustive()
    }
}
