//! What the staff notes of a customer.

use uuid::Uuid;

use super::super::wire::{ChangeMemory, NewMemory};
use crate::domain::Refusal;
use crate::domain::memories::{self, Importance, MemoryDraft, MemoryKey, MemoryKind, MemorySource};
use crate::engine::memories::MemoryChange;

/// What is to be remembered.
///
/// # Errors
/// `Invalid` on the field that is wrong, `TooLarge`.
pub(in super::super) fn memory(wanted: NewMemory) -> Result<MemoryDraft, Refusal> {
    memories::check_value("value", &wanted.value)?;
    let kind = wanted.kind.as_deref().map_or(Ok(MemoryKind::LongTerm), |text| MemoryKind::parse("type", text))?;
    Ok(MemoryDraft {
        kind,
        key: MemoryKey::parse("key", &wanted.key)?,
        value: wanted.value,
        importance: importance(wanted.importance)?,
        source: Some(MemorySource::staff()),
    })
}

/// What is to become of a memory.
///
/// # Errors
/// `Invalid` on the field that is wrong, `TooLarge`.
pub(in super::super) fn memory_change(wanted: ChangeMemory) -> Result<MemoryChange, Refusal> {
    if let Some(value) = &wanted.value {
        memories::check_value("value", value)?;
    }
    Ok(MemoryChange { value: wanted.value, importance: importance(wanted.importance)? })
}

/// A memory's id.
///
/// # Errors
/// `NotFound`: what is no id is no memory.
pub(in super::super) fn memory_id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::NotFound { what: "memory" })
}

fn importance(number: Option<f64>) -> Result<Option<Importance>, Refusal> {
    number.map(|number| Importance::parse("importance", number)).transpose()
}
