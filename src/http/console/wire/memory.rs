//! What is remembered of a customer.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::{IntoParams, ToSchema};

/// A memory.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemoryRow {
    pub id: String,
    /// `short_term` or `long_term`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub key: String,
    #[schema(schema_with = anything)]
    pub value: Value,
    /// The value as a person reads it, cut where it is long.
    pub text: String,
    pub importance: f64,
    /// Where it is from: `conversation`, `api`, `staff`, `model`, or a program's own word.
    pub source: String,
    pub created_at: String,
    pub updated_at: String,
    pub last_accessed: String,
    /// When it is forgotten by itself, if it is.
    pub expires_at: Option<String>,
}

/// `POST /customers/:id/memories`
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewMemory {
    /// `long_term` without it.
    #[serde(rename = "type")]
    #[schema(pattern = "^(short_term|long_term)$")]
    pub kind: Option<String>,
    /// What it is about. The same one again is stored over.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub key: String,
    /// Anything but null; at most 16 KiB.
    #[schema(schema_with = anything)]
    pub value: Value,
    #[schema(minimum = 0, maximum = 1)]
    pub importance: Option<f64>,
}

/// `PATCH /customers/:id/memories/:memory`: what is not sent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ChangeMemory {
    /// Anything but null; at most 16 KiB.
    #[schema(schema_with = anything)]
    pub value: Option<Value>,
    #[schema(minimum = 0, maximum = 1)]
    pub importance: Option<f64>,
}

/// `DELETE /customers/:id/memories`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Forgotten {
    /// How many there were.
    pub forgotten: usize,
}

/// The variable segments of a path.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: handlers read the segments themselves")]
pub(crate) struct MemoryPath {
    /// The customer's id.
    #[param(min_length = 1, max_length = 128)]
    pub id: String,
    /// The memory's id.
    #[param(min_length = 1, max_length = 128)]
    pub memory: String,
}

/// Any JSON but null.
fn anything() -> utoipa::openapi::schema::Object {
    let kinds = [Type::Object, Type::Array, Type::String, Type::Number, Type::Boolean];
    ObjectBuilder::new().schema_type(SchemaType::from_iter(kinds)).build()
}
