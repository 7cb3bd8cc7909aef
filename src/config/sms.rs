//! `[sms]`: who carries SMS, with which account, and what customers are told who leave.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{ConfigError, given};
use crate::channels::sms::{Exotel, Party, SmsProvider, Twilio, exotel, twilio};
use crate::channels::whatsapp::pace::Limit;
use crate::domain::OrganizationId;
use crate::engine::SmsSettings;
use crate::engine::channels::sms::SmsTexts;

/// What Exotel takes: 200 messages a minute, some of them at once.
const EXOTEL_LIMIT: Limit = Limit { interval_us: 300_000, burst: 10 };

/// The shortest token that is not guessed, in characters.
const CALLBACK_TOKEN_MIN_CHARS: usize = 16;

/// How far a country's clock is from UTC at most, in minutes.
const UTC_OFFSET_MAX: i32 = 14 * 60;

/// `[sms]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct SmsSection {
    pub provider: String,
    pub account: String,
    pub key: String,
    pub secret: SecretString,
    pub auth_token: SecretString,
    pub callback_token: SecretString,
    pub from: String,
    pub public_url: String,
    pub base_url: String,
    pub timeout_ms: u64,
    pub catch_up_s: u64,
    pub country_code: String,
    pub utc_offset_minutes: i32,
    pub dlt_entity_id: String,
    pub dlt_template_id: String,
    pub stopped_text: String,
    pub started_text: String,
    pub help_text: String,
}

impl SmsSection {
    /// What the channel is given; nothing where nobody carries SMS.
    ///
    /// # Errors
    /// The key that is wrong.
    pub fn settings(&self) -> Result<Option<SmsSettings>, ConfigError> {
        let (provider, pace): (Arc<dyn SmsProvider>, _) = match self.provider.trim() {
            "" => return Ok(None),
            "twilio" => (Arc::new(self.twilio()?), None),
            "exotel" => (Arc::new(self.exotel()?), Some(EXOTEL_LIMIT)),
            _ => return wrong("provider", "must be twilio, exotel or empty"),
        };
        let token = form_urlencoded::byte_serialize(self.callback_token.expose_secret().as_bytes());
        let callback_query = match provider.name() {
            "exotel" => format!("{}={}&", exotel::TOKEN_FIELD, token.collect::<String>()),
            _ => String::new(),
        };
        Ok(Some(SmsSettings {
            organization: OrganizationId::default_organization(),
            provider,
            sender: self.sender()?,
            public_url: address("public_url", &self.public_url)?,
            callback_query,
            timeout_ms: self.timeout_ms,
            pace,
            texts: SmsTexts {
                stopped: self.stopped_text.clone(),
                started: self.started_text.clone(),
                help: self.help_text.clone(),
            },
        }))
    }

    fn twilio(&self) -> Result<Twilio, ConfigError> {
        let account = name("account", &self.account)?;
        let password = self.secret()?;
        let has_key = !self.key.trim().is_empty();
        let tokens = self.auth_token.expose_secret().split(',').map(str::trim).filter(|token| !token.is_empty());
        let mut tokens: Vec<SecretString> = tokens.map(SecretString::from).collect();
        if tokens.is_empty() && has_key {
            return wrong("auth_token", "must be the account's token: calls are not signed with a key's secret");
        }
        if tokens.is_empty() {
            tokens.push(password.clone());
        }
        Ok(Twilio {
            base_url: self.base(twilio::BASE_URL)?,
            user: if has_key { name("key", &self.key)? } else { account.clone() },
            account,
            password,
            tokens,
            sender: self.sender()?,
        })
    }

    fn exotel(&self) -> Result<Exotel, ConfigError> {
        if self.callback_token.expose_secret().len() < CALLBACK_TOKEN_MIN_CHARS {
            return wrong("callback_token", "must have 16 characters or more: nothing else tells that Exotel calls");
        }
        if !self.country_code.trim_start_matches('+').bytes().all(|c| c.is_ascii_digit()) {
            return wrong("country_code", "must be the digits of a country's code");
        }
        if self.utc_offset_minutes.abs() > UTC_OFFSET_MAX {
            return wrong("utc_offset_minutes", "must be -840 to 840");
        }
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let template = filled(&self.dlt_template_id);
        Ok(Exotel {
            base_url: self.base(exotel::BASE_URL)?,
            account: name("account", &self.account)?,
            key: name("key", &self.key)?,
            secret: self.secret()?,
            sender: self.sender()?,
            callback_token: self.callback_token.clone(),
            country_code: self.country_code.trim().to_owned(),
            utc_offset_min: self.utc_offset_minutes,
            dlt: filled(&self.dlt_entity_id).map(|entity| exotel::Dlt { entity, template }),
        })
    }

    /// From whom messages go out: a number, a name, or Twilio's id of a pool of numbers.
    fn sender(&self) -> Result<Party, ConfigError> {
        let from = self.from.trim();
        let is_service = from.len() == 34 && from.starts_with("MG") && from.bytes().all(|c| c.is_ascii_alphanumeric());
        if is_service && self.provider.trim() == "twilio" {
            return Ok(Party::Service(from.to_owned()));
        }
        Party::parse("sms.from", from)
            .map_err(|_| ConfigError("sms.from must be a telephone number or a name of up to 11 letters".to_owned()))
    }

    fn secret(&self) -> Result<SecretString, ConfigError> {
        given(&self.secret).map_or_else(|| wrong("secret", "is needed to send"), Ok)
    }

    fn base(&self, default: &str) -> Result<String, ConfigError> {
        if self.base_url.trim().is_empty() { Ok(default.to_owned()) } else { address("base_url", &self.base_url) }
    }
}

/// A part of an address: of the provider's own making.
fn name(key: &str, text: &str) -> Result<String, ConfigError> {
    let text = text.trim();
    let plain = text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'));
    if text.is_empty() || !plain { wrong(key, "must be what the provider shows") } else { Ok(text.to_owned()) }
}

/// An address without a query, and without the `/` at its end.
fn address(key: &str, text: &str) -> Result<String, ConfigError> {
    let url: Option<reqwest::Url> = text.trim().parse().ok();
    let fits = |url: &reqwest::Url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && url.fragment().is_none()
    };
    match url.filter(fits) {
        Some(_) => Ok(text.trim().trim_end_matches('/').to_owned()),
        None => wrong(key, "must be an address like https://chat.example.com"),
    }
}

fn wrong<T>(key: &str, why: &str) -> Result<T, ConfigError> {
    Err(ConfigError(format!("sms.{key} {why}")))
}
