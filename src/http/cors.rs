//! Which browser pages may call the doors from another origin: the same ones that may open sockets.
//!
//! A preflight is answered here, before any dialect: it needs no credential and counts against no limit. Every other answer
//! gets its headers here too, refusals and fallbacks included.

use std::sync::Arc;
use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowCredentials, AllowOrigin, CorsLayer};

use super::live::origin_is_allowed;

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
pub fn layer(allowed: &[String]) -> CorsLayer {
    let allowed: Arc<[String]> = allowed.into();
    let known = move |_: &HeaderValue, parts: &Parts| page_is_known(&parts.headers, &allowed);
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
        ])
        .expose_headers(EXPOSED.map(HeaderName::from_static))
        .max_age(Duration::from_secs(PREFLIGHT_MAX_AGE_S))
}

/// The sockets' own question; a request that names no origin is no page's, and gets no header.
fn page_is_known(headers: &HeaderMap, allowed: &[String]) -> bool {
    headers.contains_key(header::ORIGIN) && origin_is_allowed(headers, allowed)
}
