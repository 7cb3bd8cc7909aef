//! `[whatsapp]`: the number that customers write to.

use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

use super::{ConfigError, given};
use crate::channels::whatsapp::NumberId;
use crate::domain::{Body, OrganizationId};
use crate::engine::WhatsappSettings;
use crate::engine::channels::whatsapp::GraphSettings;

/// `[whatsapp]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct WhatsappSection {
    pub verify_token: SecretString,
    pub app_secret: SecretString,
    pub access_token: SecretString,
    pub phone_number_id: String,
    pub base_url: String,
    pub timeout_ms: u64,
    pub typing: bool,
    pub unheard_text: String,
}

impl WhatsappSection {
    /// What the channel is given.
    ///
    /// # Errors
    /// The key that is wrong.
    pub fn settings(&self) -> Result<WhatsappSettings, ConfigError> {
        let number = Some(self.phone_number_id.trim()).filter(|number| !number.is_empty());
        let number = number.map(NumberId::parse).transpose();
        Ok(WhatsappSettings {
            organization: OrganizationId::default_organization(),
            number: number.map_err(|_| ConfigError("whatsapp.phone_number_id: must be an id of Meta's".to_owned()))?,
            verify_token: given(&self.verify_token),
            app_secret: given(&self.app_secret),
            sends: given(&self.access_token).is_some(),
        })
    }

    /// What a customer is told whose voice note nobody understood; nothing where it is empty.
    ///
    /// # Errors
    /// When it is longer than a message may be.
    pub fn unheard_text(&self) -> Result<Option<Body>, ConfigError> {
        let text = Some(self.unheard_text.trim()).filter(|text| !text.is_empty());
        let text = text.map(|text| Body::parse("unheard_text", text)).transpose();
        text.map_err(|why| ConfigError(format!("whatsapp.unheard_text: {why}")))
    }

    /// The way to Meta; none without a token.
    ///
    /// # Errors
    /// The key that is wrong.
    pub fn graph(&self) -> Result<Option<GraphSettings>, ConfigError> {
        let base_url: Url = self
            .base_url
            .trim()
            .parse()
            .ok()
            .filter(|url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| ConfigError("whatsapp.base_url: must be an http or https address".to_owned()))?;
        let settings = |access_token| GraphSettings { base_url, access_token, timeout_ms: self.timeout_ms };
        Ok(given(&self.access_token).map(settings))
    }
}
