//! `[knowledge]`: how what organizations know is found.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use super::ConfigError;
use crate::knowledge::LibrarySettings;
use crate::knowledge::embed::{
    DIMENSIONS_MAX, DIMENSIONS_MIN, EmbedError, Embedder, Hashing, OpenAi, OpenAiSettings, Static,
};
use crate::store::StoreUrl;

/// The index is beside the store.
const BESIDE_THE_STORE: &str = "auto";

const MIB: usize = 1024 * 1024;

/// `[knowledge]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct Knowledge {
    pub embedder: EmbedderKind,
    pub dimensions: usize,
    pub openai_base_url: String,
    pub openai_api_key: SecretString,
    pub openai_model: String,
    pub openai_timeout_ms: u64,
    pub model_path: String,
    pub index_path: String,
    pub open_indexes_max: usize,
    pub writer_memory_mb: usize,
    pub parallel_searches_max: usize,
    pub parallel_writers_max: usize,
    pub relevance_floor: f32,
}

/// Who makes vectors of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbedderKind {
    /// No model, no network.
    Hashing,
    /// A server that speaks OpenAI's embeddings.
    Openai,
    /// A static model in a folder.
    Static,
}

impl Knowledge {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let dimensions = DIMENSIONS_MIN..=DIMENSIONS_MAX;
        let ranges = [
            ("dimensions", self.dimensions, dimensions),
            ("open_indexes_max", self.open_indexes_max, 1..=100_000),
            ("writer_memory_mb", self.writer_memory_mb, 15..=2_048),
            ("parallel_searches_max", self.parallel_searches_max, 1..=1_024),
            ("parallel_writers_max", self.parallel_writers_max, 1..=64),
        ];
        if let Some((key, _, range)) = ranges.iter().find(|(_, value, range)| !range.contains(value)) {
            return Err(ConfigError(format!("knowledge.{key} must be {} to {}", range.start(), range.end())));
        }
        if !(0.0..=1.0).contains(&self.relevance_floor) {
            return Err(ConfigError("knowledge.relevance_floor must be 0 to 1".to_owned()));
        }
        if self.embedder == EmbedderKind::Static && self.model_path.is_empty() {
            return Err(ConfigError("knowledge.model_path must name a folder".to_owned()));
        }
        Ok(())
    }

    /// Who makes vectors.
    ///
    /// # Errors
    /// An address that is none, or a model that does not read.
    pub fn embedder(&self) -> Result<Arc<dyn Embedder>, EmbedError> {
        Ok(match self.embedder {
            EmbedderKind::Hashing => Arc::new(Hashing::new(self.dimensions)),
            EmbedderKind::Openai => Arc::new(OpenAi::new(OpenAiSettings {
                base_url: self.openai_base_url.clone(),
                api_key: super::given(&self.openai_api_key),
                model: self.openai_model.clone(),
                dimensions: self.dimensions,
                timeout: Duration::from_millis(self.openai_timeout_ms),
            })?),
            EmbedderKind::Static => Arc::new(Static::load(Path::new(&self.model_path))?),
        })
    }

    /// Where indexes are and what they may take. `store` is where the store is, if it is on disk: indexes are then beside it.
    pub fn library(&self, store: Option<&StoreUrl>) -> LibrarySettings {
        let folder = match (self.index_path.as_str(), store) {
            ("", _) | (BESIDE_THE_STORE, None) => None,
            (BESIDE_THE_STORE, Some(StoreUrl::Fjall(folder) | StoreUrl::Sled(folder))) => {
                let mut beside = folder.clone().into_os_string();
                beside.push("-index");
                Some(PathBuf::from(beside))
            }
            (path, _) => Some(PathBuf::from(path)),
        };
        LibrarySettings {
            folder,
            open_max: self.open_indexes_max,
            writer_bytes: self.writer_memory_mb * MIB,
            searches_max: self.parallel_searches_max,
            writers_max: self.parallel_writers_max,
            floor: self.relevance_floor,
        }
    }
}
