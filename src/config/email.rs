//! `[email]`: the mailboxes that customers write to, and the servers that answers go to.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{ConfigError, Listed};
use crate::channels::email::Mailbox;
use crate::domain::{Email, OrganizationId};
use crate::engine::channels::email::{EmailSettings, MailServer, OnwardSettings, OnwardTexts, Protocol, Trust};

/// Larger mails are never read whole: two of them may be in memory for each of those that are read at once.
const MAIL_MAX_MB: usize = 100;

/// A hundred years: more is a slip of the keyboard.
const FIRST_READ_MAX_HOURS: u64 = 100 * 365 * 24;

/// The longest pause between two looks, in seconds.
const POLL_MAX_S: u64 = 60 * 60;

/// The longest that a message waits for its customer to come back to the page, in seconds. Each conversation that waits has one of the lanes of
/// its mailbox's courier: if many waited for long, replies to mails would wait behind them.
const ONWARD_AFTER_MAX_S: u64 = 5 * 60;

/// Each mailbox has a connection of its own all the time.
const MAILBOXES_MAX: usize = 100;

/// The longest name of a server that checks senders, in characters.
const AUTHSERV_ID_MAX_CHARS: usize = 255;

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
    pub trusted_authserv_id: String,
    pub ca_file: String,
    pub mailboxes: Vec<MailboxSection>,
    pub onward_after_s: u64,
    pub onward_subject: String,
    pub onward_footer: String,
    pub onward_footer_unread: String,
    pub onward_code_subject: String,
    pub onward_code_text: String,
    pub onward_started_text: String,
    pub onward_stopped_text: String,
}

/// `[[email.mailboxes]]`: what is not set is as in `[email]`, but for the servers and addresses.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "every key is described in config.toml")]
pub struct MailboxSection {
    pub organization: Option<String>,
    pub imap_url: SecretString,
    pub smtp_url: SecretString,
    pub from: String,
    pub aliases: Vec<String>,
    pub mailbox: Option<String>,
    pub poll_s: Option<u64>,
    pub first_read_hours: Option<u64>,
    pub mail_max_mb: Option<usize>,
    pub plus_addressing: Option<bool>,
    pub trusted_authserv_id: Option<String>,
    pub ca_file: Option<String>,
}

impl EmailSection {
    /// What the channel is given: a mailbox of `[email]` itself where a server is set there, and the others.
    ///
    /// # Errors
    /// The key that is wrong, without its value: that may be secret.
    pub fn settings(&self) -> Result<Vec<EmailSettings>, ConfigError> {
        let mut all = Vec::new();
        all.extend(self.settings_of(&self.own(), "email")?);
        if self.mailboxes.len() > MAILBOXES_MAX {
            return Err(ConfigError(format!("email.mailboxes must be {MAILBOXES_MAX} at most")));
        }
        for (at, mailbox) in self.mailboxes.iter().enumerate() {
            let key = format!("email.mailboxes[{at}]");
            let settings = self.settings_of(mailbox, &key)?;
            let settings = settings.ok_or_else(|| ConfigError(format!("{key} has neither imap_url nor smtp_url")))?;
            if all.iter().any(|other| other.from.address == settings.from.address) {
                return Err(ConfigError(format!("{key}.from is another mailbox's already")));
            }
            all.push(settings);
        }
        Ok(all)
    }

    /// How conversations of the page go on by mail.
    ///
    /// # Errors
    /// The key that is wrong.
    pub fn onward(&self) -> Result<OnwardSettings, ConfigError> {
        if self.onward_after_s > ONWARD_AFTER_MAX_S {
            return Err(ConfigError(format!("email.onward_after_s must be 0 to {ONWARD_AFTER_MAX_S}")));
        }
        if !self.onward_code_text.contains("{code}") {
            return Err(ConfigError("email.onward_code_text must say {code}".to_owned()));
        }
        let texts = OnwardTexts {
            code_subject: self.onward_code_subject.clone(),
            code: self.onward_code_text.clone(),
            subject: self.onward_subject.clone(),
            footer: self.onward_footer.clone(),
            footer_unread: self.onward_footer_unread.clone(),
            started: self.onward_started_text.clone(),
            stopped: self.onward_stopped_text.clone(),
        };
        Ok(OnwardSettings { after_s: self.onward_after_s, texts })
    }

    fn own(&self) -> MailboxSection {
        MailboxSection {
            imap_url: self.imap_url.clone(),
            smtp_url: self.smtp_url.clone(),
            from: self.from.clone(),
            aliases: self.aliases.0.clone(),
            ..MailboxSection::default()
        }
    }

    /// Nothing where neither server is set.
    fn settings_of(&self, mailbox: &MailboxSection, section: &str) -> Result<Option<EmailSettings>, ConfigError> {
        let wrong = |key: &str, why: &str| ConfigError(format!("{section}.{key} {why}"));
        let trust = trust(mailbox.ca_file.as_ref().unwrap_or(&self.ca_file)).map_err(|why| wrong("ca_file", why))?;
        let server = |protocol, key, line: &SecretString| server(protocol, line).map_err(|why| wrong(key, why));
        let imap = server(Protocol::Imap, "imap_url", &mailbox.imap_url)?;
        let smtp = server(Protocol::Smtp, "smtp_url", &mailbox.smtp_url)?;
        if imap.is_none() && smtp.is_none() {
            return Ok(None);
        }
        let mail_max_mb = mailbox.mail_max_mb.unwrap_or(self.mail_max_mb);
        if !(1..=MAIL_MAX_MB).contains(&mail_max_mb) {
            return Err(wrong("mail_max_mb", &format!("must be 1 to {MAIL_MAX_MB}")));
        }
        let first_read_hours = mailbox.first_read_hours.unwrap_or(self.first_read_hours);
        if first_read_hours > FIRST_READ_MAX_HOURS {
            return Err(wrong("first_read_hours", &format!("must be 0 to {FIRST_READ_MAX_HOURS}")));
        }
        let poll_s = mailbox.poll_s.unwrap_or(self.poll_s);
        if !(1..=POLL_MAX_S).contains(&poll_s) {
            return Err(wrong("poll_s", &format!("must be 1 to {POLL_MAX_S}")));
        }
        let authserv_id = mailbox.trusted_authserv_id.as_ref().unwrap_or(&self.trusted_authserv_id).trim();
        if authserv_id.chars().any(|c| c.is_whitespace() || c == ';') || authserv_id.len() > AUTHSERV_ID_MAX_CHARS {
            return Err(wrong("trusted_authserv_id", "must be the name of a server"));
        }
        let organization = mailbox.organization.as_deref().map(OrganizationId::parse).transpose();
        let organization = organization.map_err(|_| wrong("organization", "must be the id of an organization"))?;
        let user = [&imap, &smtp].into_iter().flatten().find_map(|server| Some(server.login.as_ref()?.user.clone()));
        let from = if mailbox.from.trim().is_empty() { user.unwrap_or_default() } else { mailbox.from.clone() };
        let aliases: Result<Vec<Email>, _> = mailbox.aliases.iter().map(|alias| Email::parse(alias)).collect();
        Ok(Some(EmailSettings {
            organization: organization.unwrap_or_else(OrganizationId::default_organization),
            imap: imap.map(|server| server.trusting(&trust)),
            smtp: smtp.map(|server| server.trusting(&trust)),
            from: sender(&from).ok_or_else(|| wrong("from", "must be an address, or a name <address>"))?,
            aliases: aliases.map_err(|_| wrong("aliases", "must be addresses"))?,
            folder: mailbox.mailbox.as_ref().unwrap_or(&self.mailbox).clone(),
            poll: Duration::from_secs(poll_s),
            first_read: Duration::from_secs(first_read_hours * 60 * 60),
            mail_max_bytes: mail_max_mb * 1024 * 1024,
            plus_addressing: mailbox.plus_addressing.unwrap_or(self.plus_addressing),
            authserv_id: Some(authserv_id.to_owned()).filter(|id| !id.is_empty()),
        }))
    }
}

fn server(protocol: Protocol, line: &SecretString) -> Result<Option<MailServer>, &'static str> {
    let line = line.expose_secret().trim();
    if line.is_empty() { Ok(None) } else { MailServer::parse(protocol, line).map(Some) }
}

/// The system's authorities, and those of a file, where one is named.
fn trust(file: &str) -> Result<Trust, &'static str> {
    match file.trim() {
        "" => Ok(Trust::default()),
        path => Trust::and_of(&std::fs::read(path).map_err(|_| "can not be read")?),
    }
}

/// `Name <address>`, or an address.
fn sender(text: &str) -> Option<Mailbox> {
    let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim().trim_matches('"')), address),
        None => (None, text),
    };
    Some(Mailbox::new(Email::parse(address).ok()?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(settings: &str) -> EmailSection {
        let defaults: toml::Table = super::super::DEFAULTS.parse().unwrap();
        let mut email = defaults["email"].as_table().unwrap().clone();
        email.extend(settings.parse::<toml::Table>().unwrap());
        email.try_into().unwrap()
    }

    fn said(settings: &str) -> String {
        section(settings).settings().map_or_else(|why| why.to_string(), |all| format!("{} mailboxes", all.len()))
    }

    const HELP: &str = "imap_url = \"imap://help%40shop.test:pw@mail.shop.test\"";

    #[test]
    fn several_mailboxes_stand_beside_the_one_of_the_short_form() {
        assert_eq!(said(""), "0 mailboxes");
        assert_eq!(said(HELP), "1 mailboxes");
        let others = "[[mailboxes]]\nsmtp_url = \"smtp://mail.clinic.test\"\nfrom = \"Clinic <help@clinic.test>\"\n\
            organization = \"clinic\"\npoll_s = 5\n[[mailboxes]]\nimap_url = \"imaps://sales%40shop.test:pw@mail.shop.test\"\n";
        let all = section(&format!("poll_s = 7\nmailbox = \"Support\"\n{HELP}\n{others}")).settings().unwrap();
        let of = |at: usize| (all[at].organization.to_string(), all[at].from.address.as_str(), all[at].poll.as_secs());
        assert_eq!(of(0), ("default".to_owned(), "help@shop.test", 7));
        assert_eq!(of(1), ("clinic".to_owned(), "help@clinic.test", 5));
        assert_eq!(of(2), ("default".to_owned(), "sales@shop.test", 7));
        assert!(all.iter().all(|one| one.folder == "Support"));
    }

    #[test]
    fn a_message_waits_five_minutes_at_most_for_its_customer() {
        assert_eq!(section("onward_after_s = 300").onward().map(|onward| onward.after_s).ok(), Some(300));
        assert!(section("onward_after_s = 301").onward().is_err_and(|why| why.to_string().contains("onward_after_s")));
    }

    #[test]
    fn a_mailbox_that_can_not_be_is_refused_by_its_key_and_without_its_password() {
        let mailbox = |settings: &str| format!("[[mailboxes]]\n{settings}");
        let same = "imap_url = \"imap://other:pw@h.test\"\nfrom = \"help@shop.test\"";
        for (key, settings) in [
            ("email.mailboxes[0] has neither", mailbox("from = \"a@b.test\"")),
            ("email.mailboxes[0].from is another", format!("{HELP}\n{}", mailbox(same))),
            ("email.mailboxes[0].from must be", mailbox("imap_url = \"imap://other:pw@h.test\"")),
            ("email.mailboxes[0].imap_url must", mailbox("imap_url = \"http://help:pw@h.test\"")),
            ("email.mailboxes[0].poll_s", mailbox(&format!("{HELP}\npoll_s = 9000000000"))),
            ("email.mailboxes[0].organization", mailbox(&format!("{HELP}\norganization = \"a b/\""))),
            ("email.ca_file can not be read", format!("{HELP}\nca_file = \"/nowhere/ca.pem\"")),
            ("email.trusted_authserv_id", format!("{HELP}\ntrusted_authserv_id = \"mx one\"")),
            ("email.mail_max_mb", format!("{HELP}\nmail_max_mb = 0")),
        ] {
            let line = said(&settings);
            assert!(line.contains(key) && !line.contains("pw"), "{key}: {line}");
        }
    }
}
