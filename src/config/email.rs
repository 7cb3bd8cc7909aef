//! `[email]`: the mailbox that customers write to, and the server that answers go to.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{ConfigError, Listed};
use crate::channels::email::Mailbox;
use crate::domain::{Email, OrganizationId};
use crate::engine::channels::email::{EmailSettings, MailServer, Protocol};

/// Larger mails are never read whole: two of them may be in memory for each of those that are read at once.
const MAIL_MAX_MB: usize = 100;

/// A hundred years: more is a slip of the keyboard.
const FIRST_READ_MAX_HOURS: u64 = 100 * 365 * 24;

/// `[email]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct EmailSection {
    pub imap_url: SecretString,
    pub smtp_url: SecretString,
    pub from: String,
    pub aliases: Listed,
    pub mailbox: String,
    pub poll_s: u64,
    pub first_read_hours: u64,
    pub mail_max_mb: usize,
    pub plus_addressing: bool,
}

impl EmailSection {
    /// What the channel is given; nothing where neither server is set.
    ///
    /// # Errors
    /// The key that is wrong, without its value: that may be secret.
    pub fn settings(&self) -> Result<Option<EmailSettings>, ConfigError> {
        let imap = server(Protocol::Imap, "email.imap_url", &self.imap_url)?;
        let smtp = server(Protocol::Smtp, "email.smtp_url", &self.smtp_url)?;
        if imap.is_none() && smtp.is_none() {
            return Ok(None);
        }
        if !(1..=MAIL_MAX_MB).contains(&self.mail_max_mb) {
            return Err(ConfigError(format!("email.mail_max_mb must be 1 to {MAIL_MAX_MB}")));
        }
        if self.first_read_hours > FIRST_READ_MAX_HOURS {
            return Err(ConfigError(format!("email.first_read_hours must be 0 to {FIRST_READ_MAX_HOURS}")));
        }
        let user = [&imap, &smtp].into_iter().flatten().find_map(|server| Some(server.login.as_ref()?.user.clone()));
        let from = if self.from.trim().is_empty() { user.unwrap_or_default() } else { self.from.clone() };
        let aliases = self.aliases.0.iter().map(|alias| Email::parse(alias));
        let aliases: Result<Vec<Email>, _> = aliases.collect();
        Ok(Some(EmailSettings {
            organization: OrganizationId::default_organization(),
            imap,
            smtp,
            from: mailbox(&from)
                .ok_or_else(|| ConfigError("email.from must be an address, or a name <address>".to_owned()))?,
            aliases: aliases.map_err(|_| ConfigError("email.aliases must be addresses".to_owned()))?,
            folder: self.mailbox.clone(),
            poll: Duration::from_secs(self.poll_s),
            first_read: Duration::from_secs(self.first_read_hours * 60 * 60),
            mail_max_bytes: self.mail_max_mb * 1024 * 1024,
            plus_addressing: self.plus_addressing,
        }))
    }
}

fn server(protocol: Protocol, key: &str, line: &SecretString) -> Result<Option<MailServer>, ConfigError> {
    let line = line.expose_secret().trim();
    if line.is_empty() {
        return Ok(None);
    }
    MailServer::parse(protocol, line).map(Some).map_err(|why| ConfigError(format!("{key} {why}")))
}

/// `Name <address>`, or an address.
fn mailbox(text: &str) -> Option<Mailbox> {
    let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim().trim_matches('"')), address),
        None => (None, text),
    };
    Some(Mailbox::new(Email::parse(address).ok()?, name))
}
