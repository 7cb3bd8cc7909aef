//! `POST /api/memory/knowledge/search`, `POST /api/memory/vectors`, `GET /api/memory/health`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::Caller;
use crate::domain::{OrganizationId, Refusal};
use crate::engine::knowledge::{Hit, VectorDraft};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::{Object, Sent};
use crate::http::guard::{Authenticated, Fault};
use crate::http::platform::wire::knowledge::{
    KnowledgeResult, KnowledgeResults, MemoryDependencies, MemoryHealth, SearchKnowledge, StoreVector, StoredVector,
};

/// How many results where the client does not say.
const RESULTS: u64 = 5;

/// How many at most; more are cut to it.
const RESULTS_MAX: u64 = 50;

/// The collection of what names none: the document's own example.
const KNOWLEDGE_BASE: &str = "knowledge_base";

/// What the organization knows that answers a question: its documents, its questions with answers, and what was stored.
#[utoipa::path(
    post, path = "/api/memory/knowledge/search", operation_id = "searchKnowledge",
    summary = "Search Knowledge Base", tag = "Memory Engine",
    request_body = SearchKnowledge,
    responses((status = 200, body = KnowledgeResults, description = "The most relevant first"))
)]
pub(crate) async fn search(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Sent(wanted): Sent<SearchKnowledge>,
) -> Result<Response, Fault> {
    own(&caller, "organizationId", &wanted.organization_id)?;
    let limit = wanted.limit.unwrap_or(RESULTS);
    if limit == 0 {
        return Err(Refusal::invalid("limit", "must be at least 1").into());
    }
    let limit = usize::try_from(limit.min(RESULTS_MAX)).unwrap_or(usize::MAX);
    let knowledge = &doors.engine.knowledge;
    let hits = knowledge.hits(&caller, &wanted.query, limit, knowledge.limits().floor).await?;
    json(StatusCode::OK, &KnowledgeResults { results: hits.iter().map(result).collect() })
}

/// Stores a text, so that it is found. The same `sourceId` again replaces it.
#[utoipa::path(
    post, path = "/api/memory/vectors", operation_id = "storeVector",
    summary = "Store Vector Embedding", tag = "Memory Engine",
    request_body = StoreVector,
    responses((status = 201, body = StoredVector, description = "It is stored"))
)]
pub(crate) async fn store(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Sent(wanted): Sent<StoreVector>,
) -> Result<Response, Fault> {
    let StoreVector { text, metadata: Object(about) } = wanted;
    own(&caller, "metadata.organizationId", &about.organization_id)?;
    let (title, source, url) = (about.title.as_deref(), about.source.as_deref(), about.url.as_deref());
    let draft = VectorDraft::new(&text, title, source, about.source_id.as_deref(), url)?;
    let knowledge = &doors.engine.knowledge;
    let id = knowledge.put_vector(&caller, draft).await?;
    let stored = StoredVector { id: id.to_string(), status: "stored", dimensions: knowledge.dimensions() };
    json(StatusCode::CREATED, &stored)
}

/// The state of what the Memory Engine rests on. The document's names stand for the part that does that work here: `chromadb`
/// for what holds what can be found, `openai` for what makes vectors.
#[utoipa::path(
    get, path = "/api/memory/health", operation_id = "getMemoryHealth",
    summary = "Health Check", tag = "Memory Engine", security(()),
    responses(
        (status = 200, body = MemoryHealth, description = "It serves, if degraded"),
        (status = 503, body = MemoryHealth, description = "The store takes no writes"),
    )
)]
pub(crate) async fn health(State(doors): State<SharedDoors>) -> Result<Response, Fault> {
    let word = |well: bool| if well { "healthy" } else { "unhealthy" };
    let store = doors.engine.health().store;
    let vectors = doors.engine.knowledge.makes_vectors();
    let body = MemoryHealth {
        status: if store && vectors { "healthy" } else { "degraded" },
        version: env!("CARGO_PKG_VERSION"),
        dependencies: MemoryDependencies { chromadb: word(store), openai: word(vectors) },
    };
    json(if store { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}

/// The organization that is named must be the caller's; any other one is as unknown as none.
fn own(caller: &Caller, field: &'static str, id: &str) -> Result<(), Refusal> {
    let named = OrganizationId::parse(id).map_err(|refusal| match refusal {
        Refusal::Invalid { why, .. } => Refusal::invalid(field, why),
        other => other,
    })?;
    if named == caller.organization { Ok(()) } else { Err(Refusal::NotFound { what: "organization" }) }
}

fn result(hit: &Hit) -> KnowledgeResult {
    let entry = &hit.entry;
    KnowledgeResult {
        id: entry.external_id.clone().unwrap_or_else(|| entry.key.to_string()),
        title: entry.title.clone(),
        content: entry.text.clone(),
        // What a client sees is what it may compare: no more digits than mean something.
        relevance: (f64::from(hit.relevance) * 10_000.0).round() / 10_000.0,
        source: entry.source.clone().unwrap_or_else(|| KNOWLEDGE_BASE.to_owned()),
        url: entry.url.clone(),
    }
}
