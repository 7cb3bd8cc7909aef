//! `[outbox]`, `[webhooks]` and `[secrets]`: how quickly deliveries are tried again, where webhooks may lead, and what secrets are
//! sealed with.

use secrecy::SecretString;
use serde::Deserialize;

use super::{ConfigError, given};
use crate::auth::Vault;
use crate::domain::outbox::Pace;
use crate::engine::webhooks::{CarrierConfig, WebhookLimits};
use crate::outward::Reach;

/// `[outbox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct Outbox {
    pub pause_min_ms: u64,
    pub pause_max_ms: u64,
    pub retry_first_ms: u64,
    pub unclear_wait_s: u64,
    pub unclear_start_wait_s: u64,
}

/// `[webhooks]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct Webhooks {
    pub endpoints_max: usize,
    pub timeout_ms: u64,
    pub private_addresses: bool,
}

/// `[secrets]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct Secrets {
    pub key: SecretString,
}

impl Outbox {
    /// How quickly deliveries are tried again.
    pub const fn pace(&self) -> Pace {
        let Self { pause_min_ms, pause_max_ms, retry_first_ms, .. } = *self;
        Pace { pause_min_ms, pause_max_ms, retry_first_ms }
    }
}

impl Webhooks {
    /// What organizations may have.
    pub const fn limits(&self) -> WebhookLimits {
        WebhookLimits { endpoints_max: self.endpoints_max, reach: Reach::of(self.private_addresses) }
    }

    /// How webhooks are sent.
    pub const fn carrier(&self) -> CarrierConfig {
        CarrierConfig { timeout_ms: self.timeout_ms, reach: Reach::of(self.private_addresses) }
    }
}

impl Secrets {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Some(key) = given(&self.key) else { return Ok(()) };
        Vault::new(&key).map(drop).map_err(|why| ConfigError(format!("secrets.key {why}")))
    }
}
