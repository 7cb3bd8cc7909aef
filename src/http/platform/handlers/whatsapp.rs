//! `POST /api/channels/whatsapp/messages`: a colleague or a program writes to somebody by `WhatsApp`.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use uuid::Uuid;

use super::written;
use crate::auth::{Caller, Who};
use crate::domain::{Refusal, Visitor};
use crate::engine::accounts::{OTHER_REQUEST, RequestKey};
use crate::engine::channels::whatsapp::Saying;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Authenticated, Fault};
use crate::http::idempotency;
use crate::http::platform::decode;
use crate::http::platform::wire::channels::{SendWhatsapp, SentMessage};

/// It stands in that person's session, which begins with it if there is none, and goes through the outbox. This answers once Meta took it;
/// where Meta says nothing for ten seconds it is still under way and 202 is answered, and the same request again tells more.
#[utoipa::path(
    post, path = "/api/channels/whatsapp/messages", operation_id = "sendWhatsappMessage",
    summary = "Send WhatsApp Message", tag = "Channel Integrations", params(IdempotencyKey),
    request_body = SendWhatsapp,
    responses(
        (status = 200, body = SentMessage, description = "Meta took it"),
        (status = 202, body = SentMessage, description = "It is under way: Meta has not said yet"),
    )
)]
pub(crate) async fn send(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let visitor = speaker(&caller)?;
    let (parts, bytes) = written(&caller, request, doors.config.server.body_max_bytes).await?;
    let mut wanted: SendWhatsapp = body::parse(&bytes)?;
    let saying = saying(&mut wanted)?;
    let name = match wanted.message_id.as_deref() {
        Some(id) => doors.engine.accounts.name_request(&own_id(&caller, id, &bytes)?).await.map_err(of_own_id)?,
        None => idempotency::name(&doors, &caller, &parts, &bytes).await?.unwrap_or_else(Uuid::now_v7),
    };
    let said = doors.engine.whatsapp.send(&caller.organization, &visitor, &wanted.to, saying, name).await?;
    let (status, word) = if said.is_sent { (StatusCode::OK, "sent") } else { (StatusCode::ACCEPTED, "queued") };
    json(status, &SentMessage { status: word, message_id: said.id, timestamp: said.at.to_string() })
}

/// Who speaks for the organization: somebody of the staff, or a service.
fn speaker(caller: &Caller) -> Result<Visitor, Refusal> {
    match &caller.who {
        Who::Key { .. } => Ok(Visitor::Service),
        Who::User { .. } | Who::Customer { .. } => decode::staff(caller).ok_or(Refusal::Forbidden),
    }
}

fn saying(wanted: &mut SendWhatsapp) -> Result<Saying, Refusal> {
    let kind = wanted.kind.as_deref().unwrap_or("text");
    if kind == "text" {
        let text = wanted.text.as_deref().ok_or_else(|| Refusal::invalid("text", "is required"))?;
        return Saying::text(text);
    }
    let fields = match kind {
        "template" => &wanted.template,
        "image" => &wanted.image,
        "video" => &wanted.video,
        "audio" => &wanted.audio,
        "document" => &wanted.document,
        "interactive" => &wanted.interactive,
        "reaction" => &wanted.reaction,
        // It says which there are.
        _ => return Saying::form(kind, &Value::Null),
    };
    let fields = fields.as_ref().ok_or_else(|| Refusal::invalid(kind.to_owned(), "is required"))?;
    Saying::form(kind, fields)
}

/// The client's own id, which means the same as an `Idempotency-Key` on this route.
fn own_id(caller: &Caller, id: &str, body: &[u8]) -> Result<RequestKey, Refusal> {
    let scope = format!("{}/{}/whatsapp messageId", caller.organization, caller.rate_key());
    let key = RequestKey::new(id, scope, RequestKey::fingerprint_of("whatsapp", body));
    key.map_err(|_| Refusal::invalid("messageId", "must be 1 to 255 printable characters"))
}

fn of_own_id(why: Refusal) -> Refusal {
    match why {
        Refusal::Conflict { why } if why == OTHER_REQUEST => {
            Refusal::conflict("the messageId was used with another message")
        }
        other => other,
    }
}
