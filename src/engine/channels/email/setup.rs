//! How mail is set up: mailboxes of organizations, each with its servers and the address that answers come from.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretSlice};

use super::server::MailServer;
use crate::channels::email::{Limits, Mailbox, Ours, SignedAddress};
use crate::domain::{Channel, Email, OrganizationId};
use crate::engine::channels::Account;

/// What is said of a mailbox from which nothing can be sent.
pub(super) const NO_WAY_OUT: &str = "no server for outgoing mail is set up (email.smtp_url): nothing is sent";

/// How a mailbox is set up.
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
    /// By which name the server that takes our mails signs what it found out about their senders (RFC 8601); nothing is believed without.
    pub authserv_id: Option<String>,
}

/// Secrets of the installation's for mail, made of its key.
#[derive(Debug)]
pub struct MailSecrets {
    /// Signs reply addresses.
    pub reply: SecretSlice<u8>,
    /// What marks mails of ours.
    pub marker: SecretSlice<u8>,
}

/// What the way in and the way out of a mailbox share.
pub struct MailSetup {
    pub(super) settings: EmailSettings,
    pub(super) account: Account,
    /// Addresses of the whole organization.
    pub(super) ours: Ours,
    pub(super) signed: SignedAddress,
    /// The domain of new Message-IDs.
    pub(super) domain: String,
    /// Those of the organization's addresses, which Message-IDs of ours may have.
    pub(super) domains: Vec<String>,
    /// The addresses of this mailbox.
    own: Vec<Email>,
}

/// All mailboxes.
#[derive(Debug, Default)]
pub struct Mailboxes(Vec<Arc<MailSetup>>);

impl Mailboxes {
    /// Checks that it fits together; `None` with secrets that are too short.
    pub fn new(settings: Vec<EmailSettings>, secrets: &MailSecrets) -> Option<Self> {
        let mut setups: Vec<MailSetup> =
            settings.into_iter().map(|settings| MailSetup::new(settings, secrets)).collect::<Option<_>>()?;
        // What one mailbox writes is the others' own word too.
        let all: Vec<(OrganizationId, Vec<Email>)> =
            setups.iter().map(|setup| (setup.account.organization.clone(), setup.own.clone())).collect();
        for setup in &mut setups {
            let of_it = all.iter().filter(|(organization, _)| *organization == setup.account.organization);
            setup.ours.addresses = sorted(of_it.flat_map(|(_, own)| own.clone()));
            setup.domains = sorted(setup.ours.addresses.iter().filter_map(domain_of));
        }
        Some(Self(setups.into_iter().map(Arc::new).collect()))
    }

    /// All of them.
    pub fn all(&self) -> &[Arc<MailSetup>] {
        &self.0
    }

    /// Those of an organization, in the order of the settings.
    pub fn of(&self, organization: &OrganizationId) -> impl Iterator<Item = &Arc<MailSetup>> {
        self.0.iter().filter(move |setup| setup.settings.organization == *organization)
    }

    /// The one to which mail for an address comes: by the address that it writes from, else by another one of its own, as one is that it
    /// wrote from before.
    pub fn at(&self, organization: &OrganizationId, address: &str) -> Option<&Arc<MailSetup>> {
        let by_name = self.of(organization).find(|setup| setup.account.name == address);
        by_name.or_else(|| self.of(organization).find(|setup| setup.own.iter().any(|own| own.as_str() == address)))
    }
}

impl MailSetup {
    fn new(settings: EmailSettings, secrets: &MailSecrets) -> Option<Self> {
        let from = settings.from.address.clone();
        let name = from.as_str().to_owned();
        let account = Account { organization: settings.organization.clone(), channel: Channel::Email, name };
        let marker = secrets.marker.expose_secret().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let logins = [&settings.imap, &settings.smtp].into_iter().flatten().filter_map(|server| server.login.as_ref());
        let logins = logins.filter_map(|login| Email::parse(&login.user).ok());
        let own = sorted(std::iter::once(from.clone()).chain(settings.aliases.clone()).chain(logins));
        let signed = SignedAddress::new(from.clone(), settings.organization.clone(), secrets.reply.clone())?;
        let (domain, domains) = (domain_of(&from)?, sorted(own.iter().filter_map(domain_of)));
        let ours = Ours { addresses: own.clone(), marker };
        Some(Self { account, ours, signed, domain, domains, own, settings })
    }

    /// The account that mail goes to and comes from.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn limits(&self) -> Limits {
        Limits { message_max_bytes: self.settings.mail_max_bytes, ..Limits::default() }
    }
}

fn domain_of(address: &Email) -> Option<String> {
    address.as_str().rsplit_once('@').map(|(_, domain)| domain.to_owned())
}

/// In order, each once.
fn sorted<T: Ord>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.into_iter().collect();
    all.sort();
    all.dedup();
    all
}

impl fmt::Debug for MailSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailSetup").field("account", &self.account).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(organization: &str, from: &str, aliases: &[&str]) -> EmailSettings {
        let email = |text: &str| Email::parse(text).unwrap();
        EmailSettings {
            organization: OrganizationId::parse(organization).unwrap(),
            imap: None,
            smtp: None,
            from: Mailbox::new(email(from), None),
            aliases: aliases.iter().map(|alias| email(alias)).collect(),
            folder: "INBOX".to_owned(),
            poll: Duration::from_secs(60),
            first_read: Duration::ZERO,
            mail_max_bytes: 1_000,
            plus_addressing: true,
            authserv_id: None,
        }
    }

    #[test]
    fn mail_goes_by_the_mailbox_that_has_the_address_and_by_nobody_elses() {
        let secret = || SecretSlice::from(vec![7; 32]);
        let all = vec![
            settings("shop", "help@shop.test", &["old@shop.test", "sales@shop.test"]),
            settings("shop", "sales@shop.test", &[]),
            settings("clinic", "help@clinic.test", &[]),
        ];
        let boxes = Mailboxes::new(all, &MailSecrets { reply: secret(), marker: secret() }).unwrap();
        let (shop, clinic) = (OrganizationId::parse("shop").unwrap(), OrganizationId::parse("clinic").unwrap());
        let at = |organization, address| boxes.at(organization, address).map(|setup| setup.account.name.as_str());
        assert_eq!(at(&shop, "help@shop.test"), Some("help@shop.test"));
        assert_eq!(at(&shop, "old@shop.test"), Some("help@shop.test"), "an address that it wrote from before");
        assert_eq!(at(&shop, "sales@shop.test"), Some("sales@shop.test"), "whose own it is, before whose alias it is");
        assert_eq!((at(&shop, "help@clinic.test"), at(&clinic, "help@shop.test")), (None, None));
        let first = boxes.of(&shop).next().unwrap();
        assert!(first.ours.has(&Email::parse("sales@shop.test").unwrap()));
        assert!(!first.ours.has(&Email::parse("help@clinic.test").unwrap()));
        assert_eq!((first.domains.len(), boxes.of(&clinic).count()), (1, 1));
    }
}
