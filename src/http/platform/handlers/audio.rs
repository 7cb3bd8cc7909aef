//! `POST /api/core/messages/audio`: a voice note, kept before anything else, then transcribed and answered like a message.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::json;
use crate::domain::{Body, ClientMessageId, CustomerId, Draft, MessageId, Refusal};
use crate::engine::audio::VoiceNote;
use crate::http::SharedDoors;
use crate::http::body;
use crate::http::guard::{Authenticated, Fault};
use crate::http::platform::wire::{ProcessAudio, ProcessedMessage};
use crate::http::platform::{decode, render};

#[derive(Debug, Serialize)]
struct ProcessedAudio {
    transcription: String,
    #[serde(flatten)]
    rest: ProcessedMessage,
}

/// Keeps the audio, transcribes it, and answers as a text message is answered.
pub(crate) async fn process(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let wanted: ProcessAudio = body::json(&parts.headers, body, doors.config.server.audio_body_max_bytes).await?;
    let customer = CustomerId::parse(&wanted.user_id)?;
    let visitor = decode::writer(&caller, customer)?;
    let key = decode::session_key(&caller.organization, wanted.session_id.as_deref())?;
    let opening = decode::opening(wanted.channel.as_deref(), wanted.metadata.as_ref())?;
    let note = VoiceNote::from_base64(&wanted.format, &wanted.audio, None)?;
    doors.engine.sessions.enter(&key, visitor.clone(), Some(opening)).await?;
    let transcription = doors.engine.audio.take_in(&key, &note).await?;
    let draft = Draft {
        id: MessageId(note.id),
        body: Body::parse("audio", &transcription)?,
        client_id: None,
        metadata: wanted.metadata,
    };
    let sessions = &doors.engine.sessions;
    let answered = sessions.converse(&key, visitor, None, draft).await?;
    let rest = render::processed(key.session.as_str(), &answered, sessions.policy());
    json(StatusCode::OK, &ProcessedAudio { transcription, rest })
}

/// A voice note that came over a socket.
///
/// # Errors
/// `Invalid` on `audio` or `format`; `TooLarge`.
pub(crate) fn note(audio: Option<&str>, format: Option<&str>, id: Option<&str>) -> Result<VoiceNote, Refusal> {
    let audio = audio.ok_or_else(|| Refusal::invalid("audio", "is required"))?;
    let format = format.ok_or_else(|| Refusal::invalid("format", "is required"))?;
    VoiceNote::from_base64(format, audio, id.map(ClientMessageId::parse).transpose()?)
}
