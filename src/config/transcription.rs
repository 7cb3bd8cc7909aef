//! `[transcription]`: who writes down voice notes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

use super::{ConfigError, Listed, given};
use crate::assistant::transcribe::{CommandConfig, HostedConfig};

const MIB: u64 = 1024 * 1024;

/// More notes at a time than this no machine and no account writes down.
const AT_ONCE_MAX: usize = 256;

/// The longest language tag, in characters.
const LANGUAGE_MAX_CHARS: usize = 35;

/// `[transcription]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct Transcription {
    pub base_url: String,
    pub api_key: SecretString,
    pub model: String,
    pub command: Listed,
    pub command_memory_max_mb: u64,
    pub language: String,
    pub timeout_s: u64,
    pub max_at_once: usize,
}

/// Who writes them down.
#[derive(Debug, Clone)]
pub enum Transcribing {
    /// Nobody.
    Nobody,
    /// A server.
    Hosted(HostedConfig),
    /// A program of this machine.
    Command(CommandConfig),
}

impl Transcription {
    /// Who it is, checked; files with audio are put into `folder`.
    ///
    /// # Errors
    /// The key that is wrong.
    pub fn transcribing(&self, folder: PathBuf) -> Result<Transcribing, ConfigError> {
        if !(1..=AT_ONCE_MAX).contains(&self.max_at_once) {
            return wrong("max_at_once", &format!("must be 1 to {AT_ONCE_MAX}"));
        }
        let is_tag = |tag: &str| tag.len() <= LANGUAGE_MAX_CHARS && tag.split('-').all(is_subtag);
        let language = Some(self.language.trim()).filter(|tag| !tag.is_empty());
        if language.is_some_and(|tag| !is_tag(tag)) {
            return wrong("language", "must be a language like en or pt-BR, or empty");
        }
        let language = language.map(str::to_owned);
        match (self.base_url.trim(), self.command.0.first()) {
            ("", None) => Ok(Transcribing::Nobody),
            ("", Some(program)) => self.command(program, folder, language),
            (base_url, None) => self.hosted(base_url, language),
            (_, Some(_)) => wrong("command", "must be empty where transcription.base_url is set"),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.transcribing(PathBuf::new()).map(drop)
    }

    fn hosted(&self, base_url: &str, language: Option<String>) -> Result<Transcribing, ConfigError> {
        let url = Url::parse(base_url).ok();
        if !url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
            return wrong("base_url", "must be an address like https://api.openai.com/v1");
        }
        let model = self.model.trim();
        // It stands in a field of a form.
        if model.is_empty() || model.contains(char::is_control) {
            return wrong("model", "must be the name of a model");
        }
        Ok(Transcribing::Hosted(HostedConfig {
            base_url: base_url.to_owned(),
            api_key: given(&self.api_key),
            model: model.to_owned(),
            language,
            timeout: self.timeout(),
        }))
    }

    fn command(&self, program: &str, folder: PathBuf, language: Option<String>) -> Result<Transcribing, ConfigError> {
        if !is_there(program) {
            return wrong("command", "its first word must be a program that is there");
        }
        let memory = Some(self.command_memory_max_mb).filter(|megabytes| *megabytes > 0);
        Ok(Transcribing::Command(CommandConfig {
            argv: self.command.0.clone(),
            folder,
            language,
            timeout: self.timeout(),
            memory_max_bytes: memory.map(|megabytes| megabytes.saturating_mul(MIB)),
        }))
    }

    const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

/// Whether a program can be found as the system will look for it.
pub(super) fn is_there(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    !program.is_empty() && std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn is_subtag(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn wrong<T>(key: &str, why: &str) -> Result<T, ConfigError> {
    Err(ConfigError(format!("transcription.{key}: {why}")))
}
