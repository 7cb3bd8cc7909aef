//! `[whatsapp]`: the number that customers write to.

use secrecy::SecretString;
use serde::Deserialize;

use super::{ConfigError, given};
use crate::channels::whatsapp::NumberId;
use crate::domain::OrganizationId;
use crate::engine::WhatsappSettings;

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
        })
    }
}
