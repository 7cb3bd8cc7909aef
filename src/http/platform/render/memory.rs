//! Memories as the document has them.

use super::super::wire::memory::{Memory, MemoryMetadata, StoredMemory};
use crate::domain::memories;

/// The answer to storing one.
pub(in super::super) fn stored(memory: &memories::Memory, user_id: String) -> StoredMemory {
    StoredMemory { id: memory.id.to_string(), status: "stored", user_id, kind: memory.kind.as_str() }
}

/// One of a list.
pub(in super::super) fn memory(memory: memories::Memory) -> Memory {
    Memory {
        id: memory.id.to_string(),
        kind: memory.kind.as_str(),
        key: memory.key.as_str().to_owned(),
        value: memory.value,
        metadata: MemoryMetadata {
            importance: memory.importance.get(),
            source: memory.source.as_str().to_owned(),
            created_at: memory.created_at.to_string(),
            last_accessed: memory.last_accessed.to_string(),
        },
    }
}
