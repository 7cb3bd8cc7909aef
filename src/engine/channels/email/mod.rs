//! E-mail: a mailbox is read by IMAP, what people write there goes into sessions, and what they are answered goes out by SMTP.
//!
//! What a mail's bytes mean is [`crate::channels::email`]'s matter. Here: the connections ([`link`], [`imap`], [`smtp`]), what is kept
//! ([`book`], [`aside`]), the way in ([`intake`], [`listener`]) and the way out ([`outlet`]). A mail is durable in its session before the cursor
//! of its mailbox moves behind it, and counts once by its Message-ID. Deliberately absent: any route, and more than one mailbox.

mod aside;
mod book;
mod by_hand;
mod erased;
mod imap;
mod intake;
mod link;
mod listener;
mod outlet;
mod people;
mod reading;
mod server;
mod shown;
mod smtp;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretSlice};

pub use aside::MailAside;
pub use by_hand::{ProcessMail, SendMail};
pub use erased::KeptMail;
pub use listener::Listeners;
pub use outlet::EmailOutlet;
pub use server::{Login, MailServer, Protocol, Security};

use self::intake::Pace;
use super::Account;
use super::outward::{ChannelStates, Condition, Dispatches};
use crate::channels::email::{Limits, Mailbox, Ours, SignedAddress};
use crate::clock::SharedClock;
use crate::domain::{Channel, Email, OrganizationId, Refusal};
use crate::engine::{Customers, Sessions};
use crate::store::Store;

/// How mail is set up.
#[derive(Debug, Clone)]
pub struct EmailSettings {
    /// Whose it is.
    pub organization: OrganizationId,
    /// Where mails come from.
    pub imap: Option<MailServer>,
    /// Where mails go.
    pub smtp: Option<MailServer>,
    /// Who writes: the address that customers write to, with a name.
    pub from: Mailbox,
    /// Other addresses of ours.
    pub aliases: Vec<Email>,
    /// The mailbox that is read.
    pub folder: String,
    /// How often it is looked where the server does not tell of new mails.
    pub poll: Duration,
    /// How old a mail may be that is there when a mailbox is read for the first time.
    pub first_read: Duration,
    /// The largest mail that is read whole, in bytes.
    pub mail_max_bytes: usize,
    /// Whether mail to `name+detail@` comes to `name@`.
    pub plus_addressing: bool,
}

/// What the way in and the way out share.
pub struct MailSetup {
    settings: EmailSettings,
    account: Account,
    ours: Ours,
    signed: SignedAddress,
    /// The domain of our new Message-IDs.
    domain: String,
    /// Those of our addresses, which Message-IDs of ours may have.
    domains: Vec<String>,
}

/// Secrets of the installation's for mail, made of its key.
#[derive(Debug)]
pub struct MailSecrets {
    /// Signs reply addresses.
    pub reply: SecretSlice<u8>,
    /// What marks mails of ours.
    pub marker: SecretSlice<u8>,
}

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
}

struct Inner {
    parts: MailParts,
    dispatches: Dispatches,
    setup: Option<Arc<MailSetup>>,
    pace: Mutex<Pace>,
}

/// See the module.
#[derive(Clone)]
pub struct MailChannel {
    inner: Arc<Inner>,
    listeners: Option<Arc<Listeners>>,
}

impl MailSetup {
    /// Checks that it fits together; `None` with secrets that are too short.
    pub fn new(settings: EmailSettings, secrets: &MailSecrets) -> Option<Self> {
        let from = settings.from.address.clone();
        let name = from.as_str().to_owned();
        let account = Account { organization: settings.organization.clone(), channel: Channel::Email, name };
        let marker = secrets.marker.expose_secret().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let logins = [&settings.imap, &settings.smtp].into_iter().flatten().filter_map(|server| server.login.as_ref());
        let logins = logins.filter_map(|login| Email::parse(&login.user).ok());
        let mut addresses: Vec<Email> =
            std::iter::once(from.clone()).chain(settings.aliases.clone()).chain(logins).collect();
        addresses.sort();
        addresses.dedup();
        let signed = SignedAddress::new(from.clone(), settings.organization.clone(), secrets.reply.clone())?;
        let domain_of = |address: &Email| address.as_str().rsplit_once('@').map(|(_, domain)| domain.to_owned());
        let domain = domain_of(&from)?;
        let mut domains: Vec<String> = addresses.iter().filter_map(domain_of).collect();
        domains.sort();
        domains.dedup();
        Some(Self { account, ours: Ours { addresses, marker }, signed, domain, domains, settings })
    }

    /// The account that mail goes to and comes from.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Whether mail to an account comes here and goes from here: by the address that we write from, or another one of ours, as one is
    /// that we wrote from before.
    fn has(&self, account: &Account) -> bool {
        let is_ours = || self.ours.addresses.iter().any(|address| address.as_str() == account.name);
        account.organization == self.account.organization && account.channel == Channel::Email && is_ours()
    }

    fn limits(&self) -> Limits {
        Limits { message_max_bytes: self.settings.mail_max_bytes, ..Limits::default() }
    }
}

impl MailChannel {
    /// The channel; without a setup it takes what it is given by hand, and nothing else.
    pub fn new(parts: MailParts, setup: Option<Arc<MailSetup>>) -> Self {
        let dispatches = Dispatches::new(parts.store.clone(), Arc::clone(&parts.clock));
        let inner = Arc::new(Inner { parts, dispatches, setup, pace: Mutex::default() });
        let reads = inner.setup.as_ref().is_some_and(|setup| setup.settings.imap.is_some());
        let listeners = reads.then(|| Arc::new(Listeners::new(Arc::clone(&inner))));
        Self { inner, listeners }
    }

    /// Who reads the mailbox, where one is set up.
    pub const fn listeners(&self) -> Option<&Arc<Listeners>> {
        self.listeners.as_ref()
    }

    /// The same, for whoever administers the organization whose mailbox it is.
    pub fn listeners_of(&self, organization: &OrganizationId) -> Option<&Arc<Listeners>> {
        let is_theirs = |setup: &Arc<MailSetup>| setup.settings.organization == *organization;
        self.listeners.as_ref().filter(|_| self.inner.setup.as_ref().is_some_and(is_theirs))
    }

    /// Takes away mails that were set aside long ago.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sweep(&self) -> Result<(), Refusal> {
        let Some(setup) = &self.inner.setup else { return Ok(()) };
        self.inner.forget_old(&setup.settings.organization).await
    }

    /// Whether mail can be sent.
    pub fn sends(&self) -> bool {
        self.inner.setup.as_ref().is_some_and(|setup| setup.settings.smtp.is_some())
    }

    /// Whether it works, where it is set up at all.
    pub fn is_well(&self) -> Option<bool> {
        let setup = self.inner.setup.as_ref()?;
        let states = self.inner.parts.states.all();
        let fails = |condition| matches!(condition, Condition::Failing | Condition::Blocked | Condition::Stopped);
        Some(!states.iter().any(|state| state.account == setup.account && fails(state.condition)))
    }
}

impl Inner {
    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MailSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailSetup").field("account", &self.account).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for MailParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailParts").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for MailChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailChannel").field("setup", &self.inner.setup).finish_non_exhaustive()
    }
}
