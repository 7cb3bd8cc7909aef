//! Voice notes: kept durably first, then written down. A note that can not be transcribed is not lost.

mod hearing;
mod kept;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::FutureExt;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use self::hearing::{Hearing, Hearings, Name, Words};
use self::kept::keep;
use super::Sessions;
use crate::assistant::cost::{Account, Ledger, prices};
use crate::assistant::transcribe::{AUDIO_MAX_BYTES, Audio, AudioFormat, Transcriber};
use crate::assistant::{Service, Usage};
use crate::domain::{ClientMessageId, Refusal, SessionKey, UserId, Visitor};
use crate::store::Store;

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
    /// Reads a note as JSON carries it. `format` has to be the name of one; which one it is, the bytes say.
    ///
    /// # Errors
    /// `Invalid` on `audio` or `format`; `TooLarge`.
    pub fn from_base64(format: &str, audio: &str, client_id: Option<ClientMessageId>) -> Result<Self, Refusal> {
        AudioFormat::parse(format)?;
        if audio.len() / 4 > AUDIO_MAX_BYTES.div_ceil(3) {
            return Err(Refusal::TooLarge { what: "audio", limit_bytes: AUDIO_MAX_BYTES });
        }
        let bytes = STANDARD.decode(audio).map_err(|_| Refusal::invalid("audio", "must be base64"))?;
        Ok(Self { id: Uuid::now_v7(), audio: Audio::new(Bytes::from(bytes))?, client_id })
    }

    /// The same note, with the id that this sender's note always has: one that is sent again under the sender's own id, because
    /// it could not be written down or the process ended, is kept once. The audio is part of the name, so another note under
    /// a used id is kept too.
    #[must_use]
    pub fn named(mut self, session: &SessionKey, user: Option<UserId>) -> Self {
        let Some(client_id) = &self.client_id else { return self };
        let user = user.map(|user| user.0.to_string()).unwrap_or_default();
        let SessionKey { organization, session } = session;
        let audio = Sha256::digest(self.audio.bytes());
        let mut name = Sha256::new();
        for part in [organization.as_str(), session.as_str(), user.as_str(), client_id.as_str()] {
            name.update((part.len() as u64).to_be_bytes());
            name.update(part);
        }
        name.update(audio);
        let digest = name.finalize();
        let first = digest.first_chunk::<16>().copied().unwrap_or_default();
        self.id = uuid::Builder::from_custom_bytes(first).into_uuid();
        self
    }
}

/// A note that was written down.
#[must_use = "until its message is durable, it must be held"]
pub struct Heard {
    /// What it says.
    pub text: Arc<str>,
    /// As long as this is held, the same note again is not written down once more. To be held until its message is
    /// durable, which answers for it from then on.
    _hearing: Option<Arc<Hearing>>,
}

/// See the module.
#[derive(Clone)]
pub struct VoiceNotes {
    store: Store,
    sessions: Sessions,
    transcriber: Arc<dyn Transcriber>,
    ledger: Ledger,
    hearings: Arc<Hearings>,
    session_audio_bytes: usize,
}

impl VoiceNotes {
    /// Wires the service. Of one anonymous customer's session `session_audio_bytes` are kept.
    pub fn new(
        store: Store,
        sessions: Sessions,
        transcriber: Arc<dyn Transcriber>,
        ledger: Ledger,
        session_audio_bytes: usize,
    ) -> Self {
        Self { store, sessions, transcriber, ledger, hearings: Arc::default(), session_audio_bytes }
    }

    /// Keeps a note and writes down what it says. One that became a message before, or is being written down, says the
    /// same again and is neither kept nor written down a second time. The caller has entered.
    ///
    /// # Errors
    /// `Unavailable` without a transcriber, or when the store takes no writes; `TooLarge` when an anonymous customer's
    /// session has as much audio as it may; what the transcriber refuses.
    pub async fn take_in(&self, session: &SessionKey, visitor: &Visitor, note: VoiceNote) -> Result<Heard, Refusal> {
        let begin = |note| self.clone().hear(session.clone(), visitor.clone(), note);
        let Some(client_id) = note.client_id.clone() else {
            return Ok(Heard { text: begin(note).await?, _hearing: None });
        };
        let name = Name { session: session.clone(), user: visitor.user(), client_id };
        let hearing = self.hearings.join(name, || begin(note).boxed());
        Ok(Heard { text: hearing.words().await?, _hearing: Some(hearing) })
    }

    /// Whether notes are written down at all.
    pub fn are_heard(&self) -> bool {
        self.transcriber.is_there()
    }

    /// Writes down what is said in audio that somebody else keeps.
    ///
    /// # Errors
    /// What the transcriber refuses.
    pub async fn words_of(&self, session: &SessionKey, audio: Audio) -> Result<Arc<str>, Refusal> {
        let heard = audio.estimated_tokens();
        let text = self.transcriber.transcribe(audio, None).await?;
        self.pay(session.clone(), heard, &text).await;
        Ok(Arc::from(text))
    }

    async fn hear(self, session: SessionKey, visitor: Visitor, note: VoiceNote) -> Words {
        if let Some(client_id) = &note.client_id
            && let Some(message) = self.sessions.posted_as(&session, visitor.user(), client_id)?
        {
            return Ok(message.body.shared());
        }
        let is_anonymous = matches!(visitor, Visitor::Anonymous { .. });
        keep(&self.store, &session, &note, is_anonymous.then_some(self.session_audio_bytes)).await?;
        self.words_of(&session, note.audio).await
    }

    /// Writes down what a transcription cost; it is durable before the words are told. The transcriber counts nothing, so it
    /// is an estimate.
    async fn pay(&self, session: SessionKey, heard: u64, text: &str) {
        let Some(model) = self.transcriber.paid_as() else { return };
        let account = Account { session: Some(session.session), ..Account::general(session.organization) };
        let usage = Usage {
            service: Service::Transcription,
            model: model.to_owned(),
            prompt_tokens: heard,
            completion_tokens: prices::estimated_tokens(text.chars().count() as u64),
            cached_tokens: 0,
            estimated: true,
        };
        self.ledger.charge(&account, &usage).durable().await;
    }
}

impl std::fmt::Debug for VoiceNotes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoiceNotes").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heard").field("text", &self.text).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrganizationId, SessionId};

    fn note(audio: &[u8], id: &str) -> Result<VoiceNote, Refusal> {
        VoiceNote::from_base64("ogg", &STANDARD.encode(audio), Some(ClientMessageId::parse(id).unwrap()))
    }

    #[test]
    fn as_much_as_transcribers_take_is_taken_and_not_a_byte_more() {
        let mut audio = b"OggS".to_vec();
        audio.resize(AUDIO_MAX_BYTES, 7);
        assert!(note(&audio, "a").is_ok());
        audio.push(7);
        assert!(matches!(note(&audio, "a"), Err(Refusal::TooLarge { what: "audio", .. })));
    }

    #[test]
    fn a_note_that_is_sent_again_has_the_same_name_and_another_has_another() {
        let session = |id: &str| SessionKey {
            organization: OrganizationId::default_organization(),
            session: SessionId::parse(id).unwrap(),
        };
        let name = |audio: &[u8], id: &str, of: &str| note(audio, id).unwrap().named(&session(of), None).id;
        let first = name(b"OggS 1", "a", "s");
        assert_eq!(first, name(b"OggS 1", "a", "s"));
        for other in [name(b"OggS 2", "a", "s"), name(b"OggS 1", "b", "s"), name(b"OggS 1", "a", "t")] {
            assert_ne!(first, other);
        }
        let anonymous = VoiceNote { client_id: None, ..note(b"OggS", "a").unwrap() };
        assert_eq!(
            anonymous.clone().named(&session("s"), None).id,
            anonymous.id,
            "without an id of its sender's it is itself"
        );
    }
}
