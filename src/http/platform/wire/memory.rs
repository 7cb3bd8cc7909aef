//! `/api/memory/memories`: what is remembered of a customer.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::{IntoParams, ToSchema};

use crate::http::body::Object;

/// `POST /api/memory/memories`
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct StoreMemory {
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:+@-]+$")]
    pub user_id: String,
    #[serde(rename = "type")]
    #[schema(value_type = MemoryType)]
    pub kind: String,
    /// What it is about. The same one again is stored over.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub key: String,
    /// Anything but null; at most 16 KiB, nested at most 32 deep.
    #[schema(schema_with = anything)]
    pub value: Value,
    #[schema(value_type = Option<MemoryDetails>)]
    pub metadata: Option<Object<MemoryDetails>>,
}

/// The `metadata` of a request.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in super::super) struct MemoryDetails {
    /// What the memory had before, or 0.5.
    #[schema(minimum = 0, maximum = 1)]
    pub importance: Option<f64>,
    /// What the memory had before, or `api`.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub source: Option<String>,
}

/// For how long.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only described: `MemoryKind::parse` reads it")]
pub(in super::super) enum MemoryType {
    ShortTerm,
    LongTerm,
}

/// The answer to storing one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct StoredMemory {
    pub id: String,
    pub status: &'static str,
    pub user_id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// `GET /api/memory/memories/:userId`
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Memories {
    pub user_id: String,
    pub memories: Vec<Memory>,
}

/// A memory.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Memory {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub key: String,
    #[schema(schema_with = anything)]
    pub value: Value,
    pub metadata: MemoryMetadata,
}

/// The `metadata` of an answer: snake case, as documented.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct MemoryMetadata {
    pub importance: f64,
    pub source: String,
    pub created_at: String,
    pub last_accessed: String,
}

/// The answer to forgetting.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ForgottenMemories {
    pub user_id: String,
    pub status: &'static str,
    /// How many there were.
    pub deleted: usize,
}

/// Whose memories.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: `decode::memory::owner` reads it")]
pub(in super::super) struct MemoriesOf {
    /// The customer's id.
    #[param(rename = "userId", min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:+@-]+$")]
    user_id: String,
}

/// Which of them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described: `decode::memory::wanted` reads it")]
pub(in super::super) struct MemoriesWanted {
    /// Only these; both without it.
    #[param(rename = "type", inline)]
    kind: Option<MemoryType>,
    /// Only this one.
    #[param(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    key: Option<String>,
}

/// Any JSON but null.
fn anything() -> utoipa::openapi::schema::Object {
    let kinds = [Type::Object, Type::Array, Type::String, Type::Number, Type::Boolean];
    ObjectBuilder::new().schema_type(SchemaType::from_iter(kinds)).build()
}
