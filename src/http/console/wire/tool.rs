//! Tools of the organization's own, and its model.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What `POST /tools` and `PUT /tools/:id` bring.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ToolWanted {
    /// What the model calls it.
    #[schema(min_length = 1, max_length = 48, pattern = "^[a-z0-9_]+$")]
    pub name: String,
    /// What it does and when it is to be used, for the model.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    pub description: String,
    /// JSON Schema of an object: types, required, enum, bounds. Without it the tool takes nothing.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub arguments: Option<Value>,
    #[serde(default)]
    pub method: Method,
    /// `{name}` in its path or query stands for a required argument.
    #[schema(max_length = 2048)]
    pub url: String,
    #[serde(default)]
    #[schema(max_items = 16)]
    pub headers: Vec<HeaderWanted>,
    #[schema(minimum = 100, maximum = 15000)]
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u32,
    #[schema(minimum = 256, maximum = 65536)]
    #[serde(default = "response_max_bytes")]
    pub response_max_bytes: u32,
    #[serde(default = "yes")]
    pub enabled: bool,
    /// `updated_at` of the tool that is changed, as it was seen: another one is not written over. Without it the tool is
    /// changed whatever it is.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub updated_at: Option<String>,
}

/// How a service is asked.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A header; without a value it keeps the one that it has.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct HeaderWanted {
    pub name: String,
    /// Goes in and never comes out.
    pub value: Option<String>,
}

/// A tool.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tool {
    pub id: String,
    pub name: String,
    pub description: String,
    #[schema(value_type = Object)]
    pub arguments: Value,
    pub method: Method,
    pub url: String,
    pub headers: Vec<HeaderName>,
    pub timeout_ms: u32,
    pub response_max_bytes: u32,
    pub enabled: bool,
    pub updated_at: String,
}

/// A header's name; its value is a secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeaderName {
    pub name: String,
}

/// What `POST /tools/:id/try` brings.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TryTool {
    #[schema(value_type = Object)]
    pub arguments: Value,
}

/// What the tool answered, as a model would read it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToolAnswer {
    pub succeeded: bool,
    /// The status; none when there was no whole answer.
    pub status: Option<u16>,
    /// The answer, or why there is none.
    #[schema(value_type = Object)]
    pub result: Value,
}

/// The organization's model; what is null is the installation's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Model {
    pub base_url: Option<String>,
    pub model: Option<String>,
    pub temperature: Option<f64>,
    pub answer_max_tokens: Option<u32>,
    /// Whether it has a key of its own, which is never shown.
    pub has_key: bool,
    /// The model that is asked now, the installation's or the organization's; null: none is, and the builtin assistant answers.
    pub asked: Option<String>,
}

/// `PUT /model`: what is not sent stays, and null takes away.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ChangeModel {
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub base_url: Option<Option<String>>,
    /// Goes in and never comes out. With another `base_url` it must be given again.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub api_key: Option<Option<String>>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub model: Option<Option<String>>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<f32>, minimum = 0, maximum = 2)]
    pub temperature: Option<Option<f32>>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<u32>, minimum = 16, maximum = 8000)]
    pub answer_max_tokens: Option<Option<u32>>,
    /// What the fields were when they were read; 409 where one of them is something else by now.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub was: Option<Value>,
}

const fn timeout_ms() -> u32 {
    5_000
}

const fn response_max_bytes() -> u32 {
    8 * 1024
}

const fn yes() -> bool {
    true
}

/// Null is said, and something else than nothing.
fn named<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
