//! Which browser pages may call the doors from another origin: the same ones that may open sockets.
//!
//! A preflight is answered here, before any dialect: it needs no credential and counts against no limit. Every other answer
//! gets its headers here too, refusals and fallbacks included.

use std::sync::Arc;
use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowCredentials, AllowOrigin, CorsLayer};

use super::SharedDoors;
use super::live::origin_is_allowed;
use super::query::Query;
use crate::domain::OrganizationId;

/// How long a browser may remember the answer to a preflight; Chromium forgets after two hours whatever is said.
const PREFLIGHT_MAX_AGE_S: u64 = 2 * 60 * 60;

/// What pages may read of an answer, besides its body.
const EXPOSED: [&str; 10] = [
    "x-request-id",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "retry-after",
    "x-total-count",
    "x-page-size",
    "x-page",
    "x-total-pages",
    "www-authenticate",
];

/// The headers for pages of the allowed origins and of the server's own; nothing for others, and never a wildcard.
pub fn layer(doors: &SharedDoors) -> CorsLayer {
    let doors = Arc::clone(doors);
    let known = move |_: &HeaderValue, parts: &Parts| page_is_known(parts, &doors);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(known.clone()))
        .allow_credentials(AllowCredentials::predicate(known))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("x-session-secret"),
        ])
        .expose_headers(EXPOSED.map(HeaderName::from_static))
        .max_age(Duration::from_secs(PREFLIGHT_MAX_AGE_S))
}

/// The sockets' own question; a request that names no origin is no page's, and gets no header.
fn page_is_known(parts: &Parts, doors: &SharedDoors) -> bool {
    let Some(origin) = parts.headers.get(header::ORIGIN) else { return false };
    origin_is_allowed(&parts.headers, &doors.config.server.allowed_origins.0) || embeds_widget(origin, parts, doors)
}

/// A page that an organization lets embed its widget brings and fetches files from there. A preflight has no credential, so the
/// organization is in the query.
fn embeds_widget(origin: &HeaderValue, parts: &Parts, doors: &SharedDoors) -> bool {
    let mut segments = parts.uri.path().trim_start_matches("/api/core/sessions/").split('/');
    if !parts.uri.path().starts_with("/api/core/sessions/") || segments.nth(1) != Some("files") {
        return false;
    }
    let query = Query::of(&parts.uri);
    let organization =
        query.get("organization").map_or_else(|| Ok(OrganizationId::default_organization()), OrganizationId::parse);
    let widget = organization.and_then(|organization| doors.engine.settings.widget(&organization));
    origin.to_str().is_ok_and(|page| widget.is_ok_and(|widget| widget.admits(page)))
}
