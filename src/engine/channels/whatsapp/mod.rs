//! `WhatsApp`, by Meta's Cloud API: customers' messages into sessions, replies to customers, and news of those.

mod files;
mod graph;
mod intake;
mod leaving;
mod news;
mod numbers;
mod outlet;
mod paces;
mod send;
mod typing;
mod upload;
mod windows;

pub use crate::channels::whatsapp::incoming::PAYLOAD_MAX_BYTES;
pub use crate::channels::whatsapp::signature::SIGNATURE_HEADER;
pub use files::{Fetcher, FetcherParts, KeptErrands, ToDo};
pub use graph::{Graph, GraphSettings};
pub use leaving::Leaving;
pub use outlet::WhatsappOutlet;
pub use send::{Said, Saying};
pub use windows::{ServiceWindow, window_of};

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use self::typing::Typing;
use crate::channels::whatsapp::NumberId;
use crate::channels::whatsapp::signature::{Handshake, is_authentic};
use crate::clock::SharedClock;
use crate::domain::OrganizationId;
use crate::engine::channels::braking::Braking;
use crate::engine::channels::outward::Dispatches;
use crate::engine::{Customers, Sessions};
use crate::store::Store;

/// How the number is set up at Meta. Without a secret nothing that comes in is believed.
#[derive(Debug, Clone)]
pub struct WhatsappSettings {
    /// Whose number it is.
    pub organization: OrganizationId,
    /// The number that customers write to; without one, every number of the Meta app.
    pub number: Option<NumberId>,
    /// What the operator typed at Meta, for the handshake.
    pub verify_token: Option<SecretString>,
    /// The secret of the Meta app, by which it signs.
    pub app_secret: Option<SecretString>,
    /// Whether there is a token to send with.
    pub sends: bool,
}

impl WhatsappSettings {
    /// Whether customers of this organization are answered here. Whoever can write in is, at the latest once there is a way to
    /// Meta; where neither is set up, no message is looked at for it.
    pub fn serves(&self, organization: &OrganizationId) -> bool {
        (self.sends || self.app_secret.is_some()) && *organization == self.organization
    }
}

/// See the module.
#[derive(Clone)]
pub struct Whatsapp {
    settings: WhatsappSettings,
    store: Store,
    clock: SharedClock,
    sessions: Sessions,
    customers: Customers,
    dispatches: Dispatches,
    typing: Option<Arc<Typing>>,
    braking: Braking,
    to_do: Option<ToDo>,
    leaving: Option<Leaving>,
}

impl Whatsapp {
    /// The channel.
    pub fn new(
        settings: WhatsappSettings,
        store: Store,
        clock: SharedClock,
        sessions: Sessions,
        customers: Customers,
        dispatches: Dispatches,
    ) -> Self {
        let braking = Braking::default();
        let (typing, to_do, leaving) = (None, None, None);
        Self { settings, store, clock, sessions, customers, dispatches, typing, braking, to_do, leaving }
    }

    /// The same, by which people leave and come back.
    #[must_use]
    pub fn obeying(self, leaving: Leaving) -> Self {
        Self { leaving: Some(leaving), ..self }
    }

    /// The same, which shows customers that they were read and that somebody types.
    #[must_use]
    pub fn showing_typing(self, graph: Option<Graph>) -> Self {
        Self { typing: graph.map(|graph| Arc::new(Typing::new(graph))), ..self }
    }

    /// The same, which notes the files that customers send, for a [`Fetcher`].
    #[must_use]
    pub fn noting_files(self, to_do: ToDo) -> Self {
        Self { to_do: Some(to_do), ..self }
    }

    /// Whether Meta can bring messages at all.
    pub const fn is_set_up(&self) -> bool {
        self.settings.app_secret.is_some()
    }

    /// What is answered to Meta's handshake; `None` where the token is not ours.
    pub fn shake_hands<'a>(&self, query: &'a [(String, String)]) -> Option<&'a str> {
        let token = self.settings.verify_token.as_ref()?;
        Handshake::of(query).answer(token.expose_secret())
    }

    /// Whether these bytes come from Meta, by the header [`SIGNATURE_HEADER`].
    pub fn is_authentic(&self, body: &[u8], signature: Option<&str>) -> bool {
        let Some(secret) = &self.settings.app_secret else { return false };
        is_authentic(secret.expose_secret().as_bytes(), body, signature)
    }
}

impl std::fmt::Debug for Whatsapp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whatsapp").field("number", &self.settings.number).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_organization_whose_channel_is_set_up_has_its_messages_looked_at() {
        let ours = OrganizationId::default_organization();
        let other = OrganizationId::parse("other").unwrap();
        let nothing = WhatsappSettings {
            organization: ours.clone(),
            number: None,
            verify_token: Some(SecretString::from("typed at Meta")),
            app_secret: None,
            sends: false,
        };
        assert!(!nothing.serves(&ours));
        let sends = WhatsappSettings { sends: true, ..nothing.clone() };
        let hears = WhatsappSettings { app_secret: Some(SecretString::from("s")), ..nothing };
        for set_up in [sends, hears] {
            assert!(set_up.serves(&ours));
            assert!(!set_up.serves(&other));
        }
    }
}
