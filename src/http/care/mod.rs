//! The care dialect: accounts, conversations and analytics over REST, `/ws/conversations/{id}` live, all of it under `/v1`
//! too. Its document is the second of the seeds; what it leaves open is in `docs/dialects/care.md`, with the extension
//! fields. Imports `domain`, `engine`, `auth`, `bus` and what is common to all doors, the routes of webhooks among it. Deliberately absent: any
//! rule of a conversation.

mod decode;
mod describe;
mod error;
mod handlers;
mod render;
mod socket;
mod wire;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use describe::description;

use super::SharedDoors;
use super::guard::{Asking, Credential, Dialect, Fault, Share, guard};
use super::webhooks;
use crate::auth::{Quota, address_key};
use crate::domain::Refusal;

const DIALECT: Dialect = Dialect { name: "care", render: error::render, quota };

/// The version prefix; the document's paths work with and without it.
const VERSION: &str = "/v1";

/// Where live connections come in.
const LIVE: &str = "/ws/conversations";

/// The paths that this dialect answers for, known or not.
const OWNED: [&str; 7] = [VERSION, "/auth", "/conversations", "/analytics", "/webhooks", "/health", LIVE];

/// The documented windows are a minute.
const WINDOW_S: u32 = 60;

/// The dialect's routes, with everything else under its paths refused in its envelope.
pub fn router(doors: &SharedDoors) -> Router {
    let (router, _) = routes().split_for_parts();
    Router::new()
        .merge(router.clone())
        .nest(VERSION, router)
        .fallback(|| async { Fault::from(Refusal::NotFound { what: "resource" }) })
        .method_not_allowed_fallback(|| async { Fault::MethodNotAllowed })
        .layer(from_fn_with_state((doors.clone(), DIALECT), guard))
        .with_state(doors.clone())
}

/// Whether a path is this dialect's to answer.
pub fn owns(path: &str) -> bool {
    OWNED.iter().any(|owned| is_under(path, owned))
}

/// Every route with its description, which stands at its handler.
fn routes() -> OpenApiRouter<SharedDoors> {
    OpenApiRouter::new()
        .routes(routes!(handlers::health::check))
        .routes(routes!(handlers::auth::register))
        .routes(routes!(handlers::auth::login))
        .routes(routes!(handlers::conversations::list, handlers::conversations::start))
        .routes(routes!(handlers::messages::send))
        .routes(routes!(handlers::analytics::conversations))
        .merge(webhooks::routes())
        .routes(routes!(handlers::live::connect))
}

/// A thousand a minute for whoever is known, a hundred for an address where nobody is; sockets have limits of their own.
fn quota(doors: &SharedDoors, request: &Request, asking: &Asking) -> Vec<Share> {
    let path = request.uri().path();
    if is_under(path.strip_prefix(VERSION).unwrap_or(path), LIVE) {
        return vec![crate::http::guard::upgrades("care-live", doors, asking)];
    }
    let limits = &doors.config.limits;
    let quota = |limit| Quota { limit, window_s: WINDOW_S };
    vec![match &asking.credential {
        Credential::Known(caller) => ("care-user", caller.rate_key(), quota(limits.care_user_requests)),
        Credential::Absent | Credential::Refused(_) => {
            ("care-public", address_key(asking.address), quota(limits.care_public_requests))
        }
    }]
}

fn is_under(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::owns;

    #[test]
    fn only_whole_segments_make_a_path_the_dialects() {
        for ours in ["/health", "/v1", "/v1/anything", "/auth/x", "/ws/conversations/a"] {
            assert!(owns(ours), "{ours}");
        }
        for other in ["/", "/healthz", "/v12", "/ws", "/api/core/health", "/conversation"] {
            assert!(!owns(other), "{other}");
        }
    }
}
