//! The Memory Engine's knowledge, to the letter of the document.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::body::Object;

/// `POST /api/memory/knowledge/search`
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchKnowledge {
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    pub query: String,
    /// The caller's own.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub organization_id: String,
    /// 5 unless given, cut to 50.
    #[schema(minimum = 1)]
    pub limit: Option<u64>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnowledgeResults {
    /// The most relevant first.
    pub results: Vec<KnowledgeResult>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnowledgeResult {
    /// The giver's own id where there is one.
    pub id: String,
    pub title: String,
    pub content: String,
    /// 0 to 1, comparable between questions.
    pub relevance: f64,
    /// The collection that it is from.
    pub source: String,
    /// Where it can be read; null where that is not known.
    pub url: Option<String>,
}

/// `POST /api/memory/vectors`
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct StoreVector {
    #[schema(min_length = 1, max_length = 16000, pattern = r"\S")]
    pub text: String,
    #[schema(value_type = VectorMetadata)]
    pub metadata: Object<VectorMetadata>,
}

/// What is said of a text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VectorMetadata {
    /// Else the beginning of the text.
    #[schema(min_length = 1, max_length = 300)]
    pub title: Option<String>,
    /// The collection that it is from.
    #[schema(min_length = 1, max_length = 200)]
    pub source: Option<String>,
    /// The giver's own id: the same one again replaces what was stored.
    #[schema(min_length = 1, max_length = 200)]
    pub source_id: Option<String>,
    /// The caller's own.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub organization_id: String,
    /// Where it can be read. Ours.
    #[schema(max_length = 2048)]
    pub url: Option<String>,
}

/// The answer to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoredVector {
    pub id: String,
    pub status: &'static str,
    /// How many numbers the text's vector has.
    pub dimensions: usize,
}

/// `GET /api/memory/health`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemoryHealth {
    pub status: &'static str,
    pub version: &'static str,
    pub dependencies: MemoryDependencies,
}

/// What it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemoryDependencies {
    /// Whatever holds what can be found.
    pub chromadb: &'static str,
    /// Whatever makes vectors of texts.
    pub openai: &'static str,
}
