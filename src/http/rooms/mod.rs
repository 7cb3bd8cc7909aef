//! The rooms dialect: accounts, chat rooms, administration and analytics over REST, and chat rooms over Socket.IO at
//! `/socket.io` (`socket`). Its document is the fourth of the seeds; what it leaves open is in `docs/dialects/rooms.md`, with
//! the extension fields.
//!
//! A chat room is a session, an administrator of the document anybody of the staff. Imports `domain`, `engine`, `auth`, `bus`
//! and what is common to all doors.

mod decode;
mod describe;
mod error;
mod figures;
mod handlers;
mod intent;
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
use crate::auth::{Quota, address_key};
use crate::domain::Refusal;

const DIALECT: Dialect = Dialect { name: "rooms", render: error::render, quota };

/// The paths that this dialect answers for, known or not. What else is under `/api/admin` is the platform's.
const OWNED: [&str; 8] = [
    socket::PATH,
    "/api/auth",
    "/api/chat",
    "/api/analytics",
    "/api/admin/dashboard",
    "/api/admin/customers",
    "/api/admin/intent-statistics",
    "/api/admin/system-config",
];

/// The noun of the scopes that keys need for rooms and their messages.
const CONVERSATIONS: &str = "conversations";

/// The documented window of an address: a minute.
const ADDRESS_WINDOW_S: u32 = 60;

/// The documented window of a user: an hour.
const USER_WINDOW_S: u32 = 60 * 60;

/// The dialect's routes, with everything else under its paths refused in its envelope.
pub fn router(doors: &SharedDoors) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .with_state(doors.clone())
        .merge(socket::routes(doors))
        .fallback(|| async { Fault::from(Refusal::NotFound { what: "resource" }) })
        .method_not_allowed_fallback(|| async { Fault::MethodNotAllowed })
        .layer(from_fn_with_state((doors.clone(), DIALECT), guard))
}

/// Whether a path is this dialect's to answer.
pub fn owns(path: &str) -> bool {
    OWNED.iter().any(|owned| is_under(path, owned))
}

/// Every route with its description, which stands at its handler. Socket.IO has a page instead.
fn routes() -> OpenApiRouter<SharedDoors> {
    OpenApiRouter::new()
        .routes(routes!(handlers::auth::register))
        .routes(routes!(handlers::auth::login))
        .routes(routes!(handlers::auth::me))
        .routes(routes!(handlers::rooms::list, handlers::rooms::create))
        .routes(routes!(handlers::rooms::read))
        .routes(routes!(handlers::messages::list, handlers::messages::send))
        .routes(routes!(handlers::analyze::analyze))
        .routes(routes!(handlers::admin::dashboard))
        .routes(routes!(handlers::admin::customers))
        .routes(routes!(handlers::admin::intent_statistics))
        .routes(routes!(handlers::config::read, handlers::config::change))
        .routes(routes!(handlers::analytics::overview))
        .routes(routes!(handlers::analytics::customer_behavior))
}

/// A hundred a minute for an address, whoever asks, and a thousand an hour for whoever is known, wherever they are; sockets
/// have limits of their own.
fn quota(doors: &SharedDoors, request: &Request, asking: &Asking) -> Vec<Share> {
    if is_under(request.uri().path(), socket::PATH) {
        return socket::quota(doors, request, asking).into_iter().collect();
    }
    let limits = &doors.config.limits;
    let by_address = Quota { limit: limits.rooms_address_requests, window_s: ADDRESS_WINDOW_S };
    let mut shares = vec![("rooms-address", address_key(asking.address), by_address)];
    if let Credential::Known(caller) = &asking.credential {
        let by_user = Quota { limit: limits.rooms_user_requests, window_s: USER_WINDOW_S };
        shares.push(("rooms-user", caller.rate_key(), by_user));
    }
    shares
}

fn is_under(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::owns;

    #[test]
    fn only_the_documented_paths_under_admin_are_the_dialects() {
        for ours in ["/api/auth", "/api/auth/x", "/api/chat/rooms/a", "/api/analytics/", "/api/admin/dashboard"] {
            assert!(owns(ours), "{ours}");
        }
        for other in ["/api", "/api/admin", "/api/admin/users", "/api/admin/analytics/dashboard", "/api/chats", "/auth"]
        {
            assert!(!owns(other), "{other}");
        }
    }
}
