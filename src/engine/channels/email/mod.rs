//! E-mail: a mailbox is read by IMAP, what people write there goes into sessions, and what they are answered goes out by SMTP.
//!
//! What a mail's bytes mean is [`crate::channels::email`]'s matter. Here: the connections ([`link`], [`imap`], [`smtp`]), what is kept
//! ([`book`], [`aside`]), the way in ([`intake`], [`listener`]) and the way out ([`outlet`]). A mail is durable in its session before the cursor
//! of its mailbox moves behind it, and counts once by its Message-ID. Each mailbox ([`setup`]) has a reader and a state of its own.
//! Deliberately absent: any route.

mod again;
mod aside;
mod book;
mod by_hand;
mod enclosed;
mod erased;
mod fortune;
mod imap;
mod intake;
mod link;
mod listener;
mod onward;
mod outlet;
mod people;
mod reading;
mod server;
mod setup;
mod shown;
mod smtp;
mod trust;

use std::sync::{Arc, Mutex, PoisonError};

pub use aside::MailAside;
pub use by_hand::{ProcessMail, SendMail};
pub use enclosed::MailFile;
pub use erased::KeptMail;
pub use listener::Listener;
pub use onward::{
    ASKS_PER_ADDRESS_MAX, ASKS_PER_SESSION_MAX, CodeCarrier, CodeKey, KeptOnward, Onward, OnwardParts, OnwardRule,
    OnwardSettings, OnwardTexts, Reached, Standing,
};
pub use outlet::EmailOutlet;
pub use server::{Login, MailServer, Protocol, Security};
pub use setup::{EmailSettings, MailSecrets, MailSetup, Mailboxes};
pub use trust::Trust;

use self::intake::Pace;
use super::outward::{ChannelStates, Condition, Dispatches, Way};
pub use crate::channels::email::CleanHtml;
use crate::clock::SharedClock;
use crate::domain::{OrganizationId, Refusal};
use crate::engine::{Customers, Files, Sessions};
use crate::store::{Store, StoreError, record};

/// The parts of the engine that mail needs.
pub struct MailParts {
    /// Where everything is.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// Conversations.
    pub sessions: Sessions,
    /// Whose they are.
    pub customers: Customers,
    /// How channels do.
    pub states: Arc<ChannelStates>,
    /// What comes with mails.
    pub files: Files,
    /// How conversations of the page go on by mail.
    pub onward: Arc<OnwardSettings>,
}

struct Inner {
    parts: MailParts,
    dispatches: Dispatches,
    boxes: Arc<Mailboxes>,
    pace: Mutex<Pace>,
}

/// See the module.
#[derive(Clone)]
pub struct MailChannel {
    inner: Arc<Inner>,
    listeners: Arc<[Arc<Listener>]>,
}

impl MailChannel {
    /// The channel; without a mailbox it takes what it is given by hand, and nothing else.
    pub fn new(parts: MailParts, boxes: Arc<Mailboxes>) -> Self {
        let dispatches = Dispatches::new(parts.store.clone(), Arc::clone(&parts.clock));
        let inner = Arc::new(Inner { parts, dispatches, boxes, pace: Mutex::default() });
        for setup in inner.boxes.all().iter().filter(|setup| setup.settings.smtp.is_none()) {
            inner.parts.states.lacks(setup.account(), Way::Out, setup::NO_WAY_OUT);
        }
        let read = inner.boxes.all().iter().filter(|setup| setup.settings.imap.is_some());
        let listeners = read.map(|setup| Arc::new(Listener::new(Arc::clone(&inner), Arc::clone(setup)))).collect();
        Self { inner, listeners }
    }

    /// Who reads the mailboxes.
    pub fn listeners(&self) -> &[Arc<Listener>] {
        &self.listeners
    }

    /// The same, for whoever administers the organization whose mailboxes they are.
    pub fn listeners_of(&self, organization: &OrganizationId) -> Vec<Arc<Listener>> {
        self.listeners.iter().filter(|listener| listener.is_of(organization)).cloned().collect()
    }

    /// Takes away mails that were set aside long ago, and addresses that were never proved.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sweep(&self) -> Result<(), Refusal> {
        let (store, clock) = (&self.inner.parts.store, &self.inner.parts.clock);
        // Whoever has no mailbox any more may have kept something of the time when there was one.
        for organization in record::organizations::<MailAside>(store).map_err(refused)? {
            self.inner.forget_old(&organization).await?;
        }
        for organization in record::organizations::<onward::Continuation>(store).map_err(refused)? {
            onward::forget_unproved(store, &organization, clock.now()).await?;
        }
        Ok(())
    }

    /// Whether they all work, where any is set up.
    pub fn is_well(&self) -> Option<bool> {
        let states = self.inner.parts.states.all();
        let fails = |condition| matches!(condition, Condition::Failing | Condition::Blocked | Condition::Stopped);
        // Of a mailbox that nothing can be sent from, the reading half is what there is.
        let counts = |setup: &MailSetup, way| way == Way::In || setup.settings.smtp.is_some();
        let is_well = |setup: &Arc<MailSetup>| {
            let of_it = states.iter().filter(|state| state.account == *setup.account() && counts(setup, state.way));
            !of_it.map(|state| state.condition).any(fails)
        };
        self.inner.boxes.all().iter().map(is_well).reduce(|one, other| one && other)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(error: StoreError) -> Refusal {
    tracing::error!(%error, "whose mails are kept does not read");
    Refusal::Unavailable { part: "store" }
}

impl Inner {
    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MailParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailParts").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for MailChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailChannel").field("boxes", &self.inner.boxes).finish_non_exhaustive()
    }
}
