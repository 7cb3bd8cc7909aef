//! Customers.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustomerCard {
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub language: Option<String>,
    /// What the staff noted.
    pub facts: BTreeMap<String, String>,
    pub tags: Vec<String>,
    /// Under which id they are kept, when two turned out to be one.
    pub merged_into: Option<String>,
    pub created_at: String,
    pub updated_at: String,
}

/// `PATCH /customers/:id`: what is not sent stays, and null takes away.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ChangeCustomer {
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub email: Option<Option<String>>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub facts: BTreeMap<String, Option<String>>,
    #[schema(max_items = 32)]
    pub tags: Option<Vec<String>>,
}

/// `POST /customers/:id/merge`
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Merge {
    /// The customer that remains.
    pub into: String,
}

fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
