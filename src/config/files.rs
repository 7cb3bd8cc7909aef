//! `[files]`: what may be kept of files, and where.

use std::path::Path;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::transcription::is_there;
use super::{ConfigError, Listed};
use crate::engine::files::{FileLimits, S3Settings, Scanner};

/// The largest that a file may be set to be, in bytes: it is in memory while it is brought.
const FILE_MAX_BYTES: u64 = 100 * 1024 * 1024;

/// `[files]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct FilesSection {
    pub file_max_bytes: u64,
    pub session_max_bytes: u64,
    pub session_files_max: u64,
    pub unposted_s: u64,
    pub s3_url: String,
    pub s3_bucket: String,
    pub s3_region: String,
    pub s3_access_key: String,
    pub s3_secret_key: SecretString,
    pub s3_timeout_ms: u64,
    pub scan: Listed,
    pub scan_timeout_ms: u64,
}

impl FilesSection {
    /// What may be kept.
    ///
    /// # Errors
    /// The key that is wrong.
    pub fn limits(&self) -> Result<FileLimits, ConfigError> {
        if !(1..=FILE_MAX_BYTES).contains(&self.file_max_bytes) {
            return Err(ConfigError(format!("files.file_max_bytes must be 1 to {FILE_MAX_BYTES}")));
        }
        Ok(FileLimits {
            file_max_bytes: self.file_max_bytes,
            session_max_bytes: self.session_max_bytes,
            session_max_files: self.session_files_max,
            unposted_ms: self.unposted_s.saturating_mul(1_000),
        })
    }

    /// The S3 server; none without an address.
    ///
    /// # Errors
    /// The key that is wrong.
    pub fn s3(&self) -> Result<Option<S3Settings>, ConfigError> {
        if self.s3_url.trim().is_empty() {
            return Ok(None);
        }
        let url = self.s3_url.trim().parse().ok();
        let url = url.filter(|url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| ConfigError("files.s3_url: must be an http or https address".to_owned()))?;
        let named = [
            ("files.s3_bucket", self.s3_bucket.as_str()),
            ("files.s3_region", &self.s3_region),
            ("files.s3_access_key", &self.s3_access_key),
            ("files.s3_secret_key", self.s3_secret_key.expose_secret()),
        ];
        if let Some((key, _)) = named.iter().find(|(_, value)| value.trim().is_empty()) {
            return Err(ConfigError(format!("{key}: must be set where files.s3_url is")));
        }
        Ok(Some(S3Settings {
            url,
            bucket: self.s3_bucket.trim().to_owned(),
            region: self.s3_region.trim().to_owned(),
            access_key: self.s3_access_key.trim().to_owned(),
            secret_key: self.s3_secret_key.clone(),
            timeout: Duration::from_millis(self.s3_timeout_ms),
        }))
    }

    /// Checks that the scanner is there, where one is named: without it no file is ever handed out.
    pub(super) fn check_scanner(&self) -> Result<(), ConfigError> {
        match self.scan.0.first() {
            Some(program) if !is_there(program) => {
                Err(ConfigError("files.scan: its first word must be a program that is there".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Who says whether a file does harm; none without a command. Files that it reads are put into `folder`.
    pub fn scanner(&self, folder: &Path) -> Option<Scanner> {
        Scanner::new(&self.scan.0, folder, Duration::from_millis(self.scan_timeout_ms))
    }
}
