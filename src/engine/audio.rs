//! Voice notes: kept durably first, then written down. A note that can not be transcribed is not lost.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;
use uuid::Uuid;

use crate::assistant::transcribe::{AUDIO_MAX_BYTES, Audio, AudioFormat, Transcriber};
use crate::domain::{ClientMessageId, Refusal, SessionKey};
use crate::store::{Batch, CommitError, Store};

/// A voice note that came in.
#[derive(Debug, Clone)]
pub struct VoiceNote {
    /// Its id, and that of the message it becomes.
    pub id: Uuid,
    /// The audio.
    pub audio: Audio,
    /// The sender's own id.
    pub client_id: Option<ClientMessageId>,
}

impl VoiceNote {
    /// Reads a note as JSON carries it.
    ///
    /// # Errors
    /// `Invalid` on `audio` or `format`; `TooLarge`.
    pub fn from_base64(format: &str, audio: &str, client_id: Option<ClientMessageId>) -> Result<Self, Refusal> {
        let format = AudioFormat::parse(format)?;
        if audio.len() / 4 > AUDIO_MAX_BYTES / 3 {
            return Err(Refusal::TooLarge { what: "audio", limit_bytes: AUDIO_MAX_BYTES });
        }
        let bytes = STANDARD.decode(audio).map_err(|_| Refusal::invalid("audio", "must be base64"))?;
        Ok(Self { id: Uuid::now_v7(), audio: Audio::new(format, Bytes::from(bytes))?, client_id })
    }
}

/// See the module.
#[derive(Clone)]
pub struct VoiceNotes {
    store: Store,
    transcriber: Arc<dyn Transcriber>,
}

impl VoiceNotes {
    /// Wires the service.
    pub fn new(store: Store, transcriber: Arc<dyn Transcriber>) -> Self {
        Self { store, transcriber }
    }

    /// Keeps a note and writes down what it says.
    ///
    /// # Errors
    /// `Unavailable` without a transcriber, or when the store takes no writes; what the transcriber refuses.
    pub async fn take_in(&self, session: &SessionKey, note: &VoiceNote) -> Result<String, Refusal> {
        self.keep(session, note).await?;
        self.transcriber.transcribe(note.audio.clone(), None).await
    }

    async fn keep(&self, session: &SessionKey, note: &VoiceNote) -> Result<(), Refusal> {
        let key = format!("audio/{}/{}/{}", session.organization, session.session, note.id).into_bytes();
        let value = json!({
            "v": 1,
            "format": note.audio.format().extension(),
            "clientId": note.client_id,
            "audio": STANDARD.encode(note.audio.bytes()),
        });
        let mut batch = Batch::default();
        batch.put_new(key, value.to_string().into_bytes());
        match self.store.commit(batch).await {
            // The same note again is kept already.
            Ok(()) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(CommitError::Busy) => Err(Refusal::Busy),
            Err(CommitError::Unavailable) => Err(Refusal::Unavailable { part: "store" }),
        }
    }
}

impl std::fmt::Debug for VoiceNotes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoiceNotes").finish_non_exhaustive()
    }
}
