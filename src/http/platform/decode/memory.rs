//! What is asked of the memory engine.

use super::super::wire::memory::StoreMemory;
use crate::auth::{Caller, Who};
use crate::domain::memories::{self, Importance, MemoryDraft, MemoryKey, MemoryKind, MemorySource, Wanted};
use crate::domain::{CustomerId, Refusal};
use crate::http::query::Query;

/// Whose memories are meant. A customer means their own only, and nobody else's are known to them; keys and the staff mean
/// anybody's, a visitor's too.
///
/// # Errors
/// `Invalid` on `userId`; `NotFound` when the credential is another customer's.
pub(in super::super) fn owner(caller: &Caller, user_id: &str) -> Result<CustomerId, Refusal> {
    let customer = match &caller.who {
        Who::Key { .. } => CustomerId::parse_any(user_id)?,
        Who::User { .. } | Who::Customer { .. } if caller.is_staff() => CustomerId::parse_any(user_id)?,
        Who::User { .. } | Who::Customer { .. } => CustomerId::parse(user_id)?,
    };
    match caller.customer() {
        Some(own) if own != customer => Err(Refusal::NotFound { what: "user" }),
        Some(_) | None => Ok(customer),
    }
}

/// What is to be remembered. What a customer says of themselves is never from the staff, not even where it takes the place of
/// what the staff has noted.
///
/// # Errors
/// `Invalid` on the field that is wrong, `TooLarge`.
pub(in super::super) fn draft(caller: &Caller, wanted: StoreMemory) -> Result<MemoryDraft, Refusal> {
    let StoreMemory { kind, key, value, metadata, .. } = wanted;
    let details = metadata.map(|metadata| metadata.0).unwrap_or_default();
    memories::check_value("value", &value)?;
    let importance = details.importance.map(|number| Importance::parse("metadata.importance", number));
    let source = details.source.as_deref().map(|source| MemorySource::parse("metadata.source", source)).transpose()?;
    let source = if caller.customer().is_some() { Some(source.unwrap_or_else(MemorySource::api)) } else { source };
    if caller.customer().is_some() && source == Some(MemorySource::staff()) {
        return Err(Refusal::invalid("metadata.source", "must not be staff"));
    }
    Ok(MemoryDraft {
        kind: MemoryKind::parse("type", &kind)?,
        key: MemoryKey::parse("key", &key)?,
        value,
        importance: importance.transpose()?,
        source,
    })
}

/// Which memories are meant. An empty parameter is no value: it must not mean everything.
///
/// # Errors
/// `Invalid` on `type` or `key`.
pub(in super::super) fn wanted(query: &Query) -> Result<Wanted, Refusal> {
    let kind = query.raw("type").map(|text| MemoryKind::parse("type", text)).transpose()?;
    let key = query.raw("key").map(|text| MemoryKey::parse("key", text)).transpose()?;
    Ok(Wanted { kind, key })
}
