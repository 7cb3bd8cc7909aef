//! Questions with their answers, searching, and figures.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::domain::Refusal;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::decode::{self, knowledge as read_in};
use crate::http::console::render::knowledge as render;
use crate::http::console::wire::{
    Ask, ErrorEnvelope, FaqRow, Hits, IdPath, KnowledgeStats, Listing, NewFaq, PageQuery,
};
use crate::http::guard::{Administrator, Authenticated, Fault};
use crate::http::query::{Query, Segment};

/// How many hits where nobody says how many.
const HITS: u64 = 10;

/// How many at most.
const HITS_MAX: u64 = 50;

/// The newest first.
#[utoipa::path(
    get, path = "/api/console/knowledge/faqs", operation_id = "listFaqs",
    summary = "List Questions with Answers", tag = "Knowledge",
    params(("q" = Option<String>, Query, max_length = 200, description = "Words of question or answer"), PageQuery),
    responses((status = 200, body = Listing<FaqRow>, description = "A page"))
)]
pub(crate) async fn list_faqs(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let (text, after, limit) = (decode::search(&query)?, decode::cursor(&query)?, decode::limit(&query)?);
    let (found, next) = doors.engine.knowledge.faqs(&caller, text, after, limit)?;
    let items = found.iter().map(render::faq).collect();
    json(StatusCode::OK, &Listing { items, next: next.map(|next| next.to_text()) })
}

/// Adds a question with its answer, which is found at once.
#[utoipa::path(
    post, path = "/api/console/knowledge/faqs", operation_id = "addFaq",
    summary = "Add a Question with its Answer", tag = "Knowledge",
    request_body = NewFaq,
    responses(
        (status = 201, body = FaqRow, description = "The new one"),
        (status = 409, body = ErrorEnvelope, description = "The organization has as many as it may"),
    )
)]
pub(crate) async fn create_faq(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(wanted): Sent<NewFaq>,
) -> Result<Response, Fault> {
    let faq = doors.engine.knowledge.add_faq(admin.acting(), read_in::faq(&wanted)?).await?;
    json(StatusCode::CREATED, &render::faq(&faq))
}

/// Writes one anew.
#[utoipa::path(
    put, path = "/api/console/knowledge/faqs/{id}", operation_id = "changeFaq",
    summary = "Change a Question with its Answer", tag = "Knowledge",
    params(IdPath),
    request_body = NewFaq,
    responses((status = 200, body = FaqRow, description = "As it is now"))
)]
pub(crate) async fn change_faq(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<NewFaq>,
) -> Result<Response, Fault> {
    let id = read_in::faq_id(&id)?;
    let faq = doors.engine.knowledge.change_faq(admin.acting(), id, read_in::faq(&wanted)?).await?;
    json(StatusCode::OK, &render::faq(&faq))
}

/// Takes one away.
#[utoipa::path(
    delete, path = "/api/console/knowledge/faqs/{id}", operation_id = "deleteFaq",
    summary = "Delete a Question", tag = "Knowledge",
    params(IdPath),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn delete_faq(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.knowledge.delete_faq(admin.acting(), read_in::faq_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes a text away that a program gave to be found.
#[utoipa::path(
    delete, path = "/api/console/knowledge/vectors/{id}", operation_id = "deleteVector",
    summary = "Delete a Text", tag = "Knowledge",
    params(IdPath),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn delete_vector(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.knowledge.delete_vector(admin.acting(), read_in::vector_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What would be found, and why: also what is not relevant enough to be told to customers.
#[utoipa::path(
    post, path = "/api/console/knowledge/search", operation_id = "searchKnowledge",
    summary = "Search the Knowledge", tag = "Knowledge",
    request_body = Ask,
    responses((status = 200, body = Hits, description = "The most relevant first"))
)]
pub(crate) async fn search(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Sent(ask): Sent<Ask>,
) -> Result<Response, Fault> {
    caller.require_staff()?;
    let limit = ask.limit.unwrap_or(HITS);
    if !(1..=HITS_MAX).contains(&limit) {
        return Err(Refusal::invalid("limit", format!("must be 1 to {HITS_MAX}")).into());
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let knowledge = &doors.engine.knowledge;
    let found = knowledge.search(&caller, &ask.query, limit, 0.0).await?;
    json(StatusCode::OK, &Hits { hits: found.iter().map(render::hit).collect(), floor: knowledge.limits().floor })
}

/// How much is known, and how the index stands.
#[utoipa::path(
    get, path = "/api/console/knowledge/stats", operation_id = "getKnowledgeStats",
    summary = "Get Figures of the Knowledge", tag = "Knowledge",
    responses((status = 200, body = KnowledgeStats, description = "As it is now"))
)]
pub(crate) async fn stats(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
) -> Result<Response, Fault> {
    let knowledge = &doors.engine.knowledge;
    json(StatusCode::OK, &render::stats(knowledge.stats(&caller)?, knowledge.limits()))
}
