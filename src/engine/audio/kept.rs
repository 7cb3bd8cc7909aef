//! The audio of voice notes in the store, and how much of it a session has that nobody vouches for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::VoiceNote;
use crate::domain::{OrganizationId, Refusal, SessionKey};
use crate::store::record::{self, Record};
use crate::store::{Batch, CommitError, Store, StoreError};

/// How often a note is tried to be kept while others of its session are kept too.
const TRIES_MAX: usize = 8;

/// How much audio of a session was kept; written for sessions that have a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct AudioUse {
    key: SessionKey,
    bytes: u64,
}

impl Record for AudioUse {
    const SPACE: &'static str = "audio_use";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.key.organization
    }

    fn id(&self) -> String {
        self.key.session.as_str().to_owned()
    }
}

/// Keeps a note, which is counted in the same batch where its session has a budget. The same note again is kept already.
pub(super) async fn keep(
    store: &Store,
    session: &SessionKey,
    note: &VoiceNote,
    budget_bytes: Option<usize>,
) -> Result<(), Refusal> {
    let key = format!("audio/{}/{}/{}", session.organization, session.session, note.id).into_bytes();
    for _ in 0..TRIES_MAX {
        // A repeat costs nothing, also where no more would fit.
        if store.get(&key).map_err(unreadable)?.is_some() {
            return Ok(());
        }
        let mut batch = Batch::default();
        if let Some(budget_bytes) = budget_bytes {
            charge(&mut batch, store, session, note.audio.bytes().len(), budget_bytes)?;
        }
        batch.put_new(key.clone(), value(note));
        match store.commit(batch).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict { .. }) => {}
            Err(CommitError::Busy) => return Err(Refusal::Busy),
            Err(CommitError::Unavailable) => return Err(Refusal::Unavailable { part: "store" }),
        }
    }
    Err(Refusal::Busy)
}

fn value(note: &VoiceNote) -> Vec<u8> {
    let value = json!({
        "v": 1,
        "format": note.audio.format().extension(),
        "clientId": note.client_id,
        "audio": STANDARD.encode(note.audio.bytes()),
    });
    value.to_string().into_bytes()
}

fn charge(
    batch: &mut Batch,
    store: &Store,
    session: &SessionKey,
    more_bytes: usize,
    budget_bytes: usize,
) -> Result<(), Refusal> {
    let before = record::get::<AudioUse>(store, &session.organization, session.session.as_str()).map_err(unreadable)?;
    let used = before.as_ref().map_or(0, |before| before.record.bytes);
    let bytes = used.saturating_add(more_bytes as u64);
    if bytes > budget_bytes as u64 {
        return Err(Refusal::TooLarge { what: "the session's audio", limit_bytes: budget_bytes });
    }
    let now = AudioUse { key: session.clone(), bytes };
    record::replace(batch, before.as_ref(), &now).map_err(unreadable)
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "what is known of a session's audio can not be read or written");
    Refusal::Unavailable { part: "store" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SessionId;

    #[test]
    fn the_stored_form_is_the_one_that_was_once_written() {
        let session = SessionId::parse("s-1").unwrap();
        let key = SessionKey { organization: OrganizationId::default_organization(), session };
        let stored = r#"{"key":{"organization":"default","session":"s-1"},"bytes":4096}"#;
        let record = AudioUse { key, bytes: 4096 };
        assert_eq!(serde_json::to_string(&record).unwrap(), stored);
        assert_eq!(serde_json::from_str::<AudioUse>(stored).unwrap(), record);
    }
}
