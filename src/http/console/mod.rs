//! The console: what the staff works with. REST under `/api/console` (`docs/dialects/console.md`) and one WebSocket per
//! person at work (`docs/dialects/agent-live.md`). Both are our own contract.
//!
//! Imports `domain`, `engine`, `auth`, `bus` and what is common to all doors. Deliberately absent: the pages that the browser
//! shows, and any rule about who gets which session.

mod decode;
mod describe;
mod error;
mod handlers;
mod render;
mod socket;
mod viewers;
mod wire;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use describe::description;
pub use viewers::Viewers;

use super::SharedDoors;
use super::guard::{Asking, Dialect, Fault, Share, guard, upgrades};
use super::webhooks;
use crate::auth::Quota;
use crate::domain::Refusal;

const DIALECT: Dialect = Dialect { name: "console", render: error::render, quota };

/// Under what the REST paths stand.
const ROOT: &str = "/api/console";

/// Where the agent protocol is spoken.
const LIVE_PATH: &str = "/ws/agent";

/// The window in which requests are counted: a minute.
const WINDOW_S: u32 = 60;

/// The routes, with everything else under their paths refused in their envelope.
pub fn router(doors: &SharedDoors) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .with_state(doors.clone())
        .fallback(|| async { Fault::from(Refusal::NotFound { what: "resource" }) })
        .method_not_allowed_fallback(|| async { Fault::MethodNotAllowed })
        .layer(from_fn_with_state((doors.clone(), DIALECT), guard))
}

/// Whether a path is answered for here.
pub fn owns(path: &str) -> bool {
    let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    below(ROOT) || below(LIVE_PATH)
}

/// Every route with its description, which stands at its handler.
fn routes() -> OpenApiRouter<SharedDoors> {
    OpenApiRouter::new()
        .routes(routes!(handlers::live::connect))
        .routes(routes!(handlers::account::login))
        .routes(routes!(handlers::account::token))
        .routes(routes!(handlers::account::me))
        .routes(routes!(handlers::dispatches::list))
        .routes(routes!(handlers::canned::list, handlers::canned::create))
        .routes(routes!(handlers::canned::change, handlers::canned::delete))
        .routes(routes!(handlers::cache::read, handlers::cache::clear))
        .routes(routes!(handlers::costs::read))
        .routes(routes!(handlers::costs::budget, handlers::costs::change_budget))
        .routes(routes!(handlers::documents::list, handlers::documents::create))
        .routes(routes!(handlers::documents::create_file))
        .routes(routes!(handlers::documents::read, handlers::documents::replace, handlers::documents::delete))
        .routes(routes!(handlers::documents::replace_file))
        .routes(routes!(handlers::documents::retry))
        .routes(routes!(handlers::documents::text))
        .routes(routes!(handlers::documents::chunks))
        .routes(routes!(handlers::knowledge::list_faqs, handlers::knowledge::create_faq))
        .routes(routes!(handlers::knowledge::change_faq, handlers::knowledge::delete_faq))
        .routes(routes!(handlers::knowledge::delete_vector))
        .routes(routes!(handlers::knowledge::search))
        .routes(routes!(handlers::knowledge::stats))
        .routes(routes!(handlers::customers::list))
        .routes(routes!(handlers::customers::read, handlers::customers::change))
        .routes(routes!(handlers::customers::sessions))
        .routes(routes!(handlers::customers::merge))
        .routes(routes!(handlers::memories::list, handlers::memories::add, handlers::memories::forget_all))
        .routes(routes!(handlers::memories::change, handlers::memories::forget))
        .routes(routes!(handlers::privacy::export))
        .routes(routes!(handlers::privacy::erase))
        .routes(routes!(handlers::privacy::list))
        .routes(routes!(handlers::privacy::read))
        .routes(routes!(handlers::privacy::holds))
        .routes(routes!(
            handlers::privacy::held_customer,
            handlers::privacy::hold_customer,
            handlers::privacy::release_customer
        ))
        .routes(routes!(handlers::privacy::hold_session, handlers::privacy::release_session))
        .routes(routes!(handlers::privacy::retention, handlers::privacy::change_retention))
        .routes(routes!(handlers::audit::list))
        .routes(routes!(handlers::dashboard::read))
        .routes(routes!(handlers::settings::read))
        .routes(routes!(handlers::settings::desk))
        .routes(routes!(handlers::settings::assistant))
        .routes(routes!(handlers::settings::widget))
        .routes(routes!(handlers::system::read))
        .routes(routes!(handlers::tools::list, handlers::tools::create))
        .routes(routes!(handlers::tools::change, handlers::tools::delete))
        .routes(routes!(handlers::tools::try_out))
        .routes(routes!(handlers::tools::model, handlers::tools::change_model))
        .merge(sessions())
        .merge(set_aside())
        .nest(ROOT, webhooks::routes())
        .merge(channels())
        .routes(routes!(handlers::unanswered::list))
        .routes(routes!(handlers::unanswered::dismiss))
        .routes(routes!(handlers::unanswered::answer))
        .routes(routes!(handlers::team::read))
        .routes(routes!(handlers::team::create_agent))
        .routes(routes!(handlers::team::change_profile, handlers::team::change_agent))
        .routes(routes!(handlers::team::create_team))
        .routes(routes!(handlers::team::rename_team, handlers::team::delete_team))
}

/// Those of sessions and their files.
fn sessions() -> OpenApiRouter<SharedDoors> {
    OpenApiRouter::new()
        .routes(routes!(handlers::sessions::list))
        .routes(routes!(handlers::sessions::read))
        .routes(routes!(handlers::sessions::events))
        .routes(routes!(handlers::files::upload))
        .routes(routes!(handlers::files::download))
}

/// Those of what was set aside.
fn set_aside() -> OpenApiRouter<SharedDoors> {
    OpenApiRouter::new()
        .routes(routes!(handlers::system::parked))
        .routes(routes!(handlers::system::replay))
        .routes(routes!(handlers::system::discard))
        .routes(routes!(handlers::mails::list))
        .routes(routes!(handlers::mails::read_again))
}

/// Those of the organization's own channels, and of what leaves by any channel.
fn channels() -> OpenApiRouter<SharedDoors> {
    OpenApiRouter::new()
        .routes(routes!(handlers::signed_channels::list, handlers::signed_channels::create))
        .routes(routes!(handlers::signed_channels::change, handlers::signed_channels::delete))
        .routes(routes!(handlers::signed_channels::rotate))
        .routes(routes!(handlers::channel_accounts::list))
        .routes(routes!(handlers::channel_accounts::deliveries))
        .routes(routes!(handlers::channel_accounts::replay_all))
        .routes(routes!(handlers::channel_accounts::replay))
}

/// So many a minute for whoever is known, else for an address; sockets have a limit of their own.
fn quota(doors: &SharedDoors, request: &Request, asking: &Asking) -> Vec<Share> {
    if request.uri().path() == LIVE_PATH {
        return vec![upgrades("agent-live", doors, asking)];
    }
    let quota = Quota { limit: doors.config.limits.console_requests, window_s: WINDOW_S };
    vec![("console", asking.rate_key(), quota)]
}

#[cfg(test)]
mod tests {
    use super::owns;

    #[test]
    fn the_console_answers_for_its_own_paths_only() {
        for ours in ["/api/console", "/api/console/x", "/ws/agent", "/ws/agent/"] {
            assert!(owns(ours), "{ours}");
        }
        for other in ["/console", "/api/consoles", "/ws", "/ws/agents", "/api"] {
            assert!(!owns(other), "{other}");
        }
    }
}
