//! Questions without an answer: everybody of the staff reads them, administrators settle them.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::Colleague;
use crate::domain::Refusal;
use crate::domain::unanswered::Status;
use crate::engine::unanswered::FaqDraft;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::wire::{ErrorEnvelope, IdPath, Listing, PageQuery, UnansweredRow, WriteAnswer};
use crate::http::console::{decode, render};
use crate::http::guard::{Administrator, Fault};
use crate::http::query::{Query, Segment};

/// The most asked first.
#[utoipa::path(
    get, path = "/api/console/unanswered", operation_id = "listUnanswered",
    summary = "List Unanswered Questions", tag = "Unanswered Questions",
    params(
        ("status" = Option<String>, Query, pattern = "^(open|answered|dismissed)$",
            description = "open unless given; else answered or dismissed"),
        PageQuery,
    ),
    responses((status = 200, body = Listing<UnansweredRow>, description = "A page"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    Colleague { caller, .. }: Colleague,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (status, limit, after) = (status(&query)?, decode::limit(&query)?, decode::cursor(&query)?);
    let listed = doors.engine.unanswered.list(&caller.organization, status, after.as_ref(), limit).await?;
    let items = listed.0.iter().map(render::unanswered).collect();
    json(StatusCode::OK, &Listing { items, next: listed.1.map(|next| next.to_text()) })
}

/// Nobody is going to answer it.
#[utoipa::path(
    post, path = "/api/console/unanswered/{id}/dismiss", operation_id = "dismissUnanswered",
    summary = "Dismiss an Unanswered Question", tag = "Unanswered Questions",
    params(IdPath),
    responses((status = 200, body = UnansweredRow, description = "As it is now"))
)]
pub(crate) async fn dismiss(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let settled = doors.engine.unanswered.dismiss(admin.acting(), group_id(&id)?).await?;
    json(StatusCode::OK, &render::unanswered(&settled))
}

/// Makes a question and its answer of it, which the assistant knows from then on.
#[utoipa::path(
    post, path = "/api/console/unanswered/{id}/faq", operation_id = "answerUnanswered",
    summary = "Answer an Unanswered Question", tag = "Unanswered Questions",
    params(IdPath),
    request_body = WriteAnswer,
    responses(
        (status = 201, body = UnansweredRow, description = "As it is now, with the FAQ that it became"),
        (status = 409, body = ErrorEnvelope, description = "It was answered already, or the organization has as many as it may"),
    )
)]
pub(crate) async fn answer(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<WriteAnswer>,
) -> Result<Response, Fault> {
    let WriteAnswer { question, variants, answer, url } = wanted;
    let draft = FaqDraft { question, variants, answer, url };
    let (settled, _) = doors.engine.unanswered.answer(admin.acting(), group_id(&id)?, draft).await?;
    json(StatusCode::CREATED, &render::unanswered(&settled))
}

fn group_id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::NotFound { what: "unanswered question" })
}

fn status(query: &Query) -> Result<Status, Refusal> {
    match query.get("status") {
        None | Some("open") => Ok(Status::Open),
        Some("answered") => Ok(Status::Answered),
        Some("dismissed") => Ok(Status::Dismissed),
        Some(_) => Err(Refusal::invalid("status", "must be open, answered or dismissed")),
    }
}
