//! `POST /api/core/messages/audio`: a voice note, kept before anything else, then transcribed and answered like a message.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{introduce, written};
use crate::domain::{Body, ClientMessageId, Draft, MessageId, Refusal, SessionId};
use crate::engine::audio::VoiceNote;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::platform::decode::{self, Arrival};
use crate::http::platform::render;
use crate::http::platform::wire::{ProcessAudio, ProcessedMessage};

/// The answer to a voice note.
#[derive(Debug, Serialize, ToSchema)]
struct ProcessedAudio {
    transcription: String,
    #[serde(flatten)]
    rest: ProcessedMessage,
}

/// Keeps the audio, transcribes it, and answers as a text message is answered.
#[utoipa::path(
    post, path = "/api/core/messages/audio", operation_id = "processAudioMessage",
    summary = "Process Audio Message", tag = "Chatbot Core",
    params(IdempotencyKey), request_body = ProcessAudio,
    responses((status = 200, body = ProcessedAudio, description = "What was said and what was answered"))
)]
pub(crate) async fn process(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, bytes) = written(&caller, request, doors.config.server.audio_body_max_bytes).await?;
    let wanted: ProcessAudio<'_> = body::parse(&bytes)?;
    let ProcessAudio { audio, format, user_id, session_id, channel, metadata } = wanted;
    let arrived = decode::arrival(&caller, &user_id, session_id.as_deref(), channel.as_deref(), metadata.as_ref())?;
    let Arrival { visitor, opening, mut key } = arrived;
    let mut note = VoiceNote::from_base64(&format, &audio, None)?;
    if let Some(name) = idempotency::name(&doors, &caller, &parts, &bytes).await? {
        (note.id, note.client_id) = (name, Some(ClientMessageId::from_uuid(name)));
        if session_id.is_none() {
            key.session = SessionId::from_uuid(name);
        }
    }
    let sessions = &doors.engine.sessions;
    sessions.enter(&key, visitor.clone(), Some(opening)).await?;
    let (id, client_id) = (MessageId(note.id), note.client_id.clone());
    let heard = doors.engine.audio.take_in(&key, &visitor, note).await?;
    let body = Body::parse("audio", &heard.text)?;
    let transcription = body.as_str().to_owned();
    let contact = decode::contact(metadata.as_ref());
    let draft = Draft { id, body, client_id, metadata, quiet: false, sent_at: None, attachments: Vec::new() };
    let conversed = sessions.converse(&key, visitor.clone(), None, draft);
    let (answered, ()) = tokio::join!(conversed, introduce(&doors, &key, &visitor, &contact));
    let answered = answered?;
    let otherwise = sessions.standing_text(&key, &visitor, &answered)?;
    let rest = render::processed(key.session.as_str(), &answered, &otherwise);
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
