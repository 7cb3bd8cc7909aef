//! The platform dialect: `/api/core/*`, `/api/memory/*`, `/api/channels/*` and `/api/admin/*` over REST and `/ws` live. Its document is the first of the seeds;
//! what it leaves open is in `docs/dialects/platform.md`, with the extension fields.

mod decode;
mod describe;
mod error;
mod handlers;
mod reading_pace;
mod render;
mod socket;
mod wire;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use describe::description;

use super::SharedDoors;
use super::guard::{self, Asking, Dialect, Fault, Share, guard};
use crate::auth::Quota;
use crate::domain::Refusal;

const DIALECT: Dialect = Dialect { name: "platform", render: error::render, quota };

/// Where live connections come in.
pub const LIVE_PATH: &str = "/ws";

/// Where widgets ask how they look.
const WIDGET_PATH: &str = "/widget/config";

/// Where Meta brings what customers write.
const WHATSAPP_PATH: &str = "/api/channels/whatsapp/webhook";

/// Where providers of SMS bring what customers write, and news.
const SMS_PATHS: &str = "/api/channels/sms/";

/// Where organizations' own systems bring messages.
const SIGNED_PATHS: &str = "/api/channels/webhook/";

/// The dialect's routes, with everything else under its paths refused in its envelope.
pub fn router(doors: &SharedDoors) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .fallback(|| async { Fault::from(Refusal::NotFound { what: "resource" }) })
        .method_not_allowed_fallback(|| async { Fault::MethodNotAllowed })
        .layer(from_fn_with_state((doors.clone(), DIALECT), guard))
        .with_state(doors.clone())
}

/// Every route with its description, which stands at its handler.
fn routes() -> OpenApiRouter<SharedDoors> {
    OpenApiRouter::new()
        .routes(routes!(handlers::messages::process))
        .routes(routes!(handlers::audio::process))
        .routes(routes!(handlers::sessions::context))
        .routes(routes!(handlers::sessions::reset))
        .routes(routes!(handlers::sessions::rate))
        .routes(routes!(handlers::files::upload))
        .routes(routes!(handlers::files::download))
        .routes(routes!(handlers::onward::standing, handlers::onward::ask, handlers::onward::stop))
        .routes(routes!(handlers::onward::prove))
        .routes(routes!(handlers::health::core))
        .routes(routes!(handlers::channels::verify_whatsapp, handlers::channels::receive_whatsapp))
        .routes(routes!(handlers::whatsapp::send))
        .routes(routes!(handlers::channels::health))
        .routes(routes!(handlers::signed::receive))
        .routes(routes!(handlers::sms::twilio_inbound))
        .routes(routes!(handlers::sms::twilio_status))
        .routes(routes!(handlers::sms::exotel_inbound, handlers::sms::exotel_applet))
        .routes(routes!(handlers::sms::exotel_status))
        .routes(routes!(handlers::email::send))
        .routes(routes!(handlers::email::process))
        .routes(routes!(handlers::email::start_listener))
        .routes(routes!(handlers::email::stop_listener))
        .routes(routes!(handlers::memory::store))
        .routes(routes!(handlers::memory::retrieve, handlers::memory::forget))
        .routes(routes!(handlers::knowledge::search))
        .routes(routes!(handlers::knowledge::store))
        .routes(routes!(handlers::knowledge::health))
        .routes(routes!(handlers::admin::users::list, handlers::admin::users::create))
        .routes(routes!(handlers::admin::users::change, handlers::admin::users::deactivate))
        .routes(routes!(handlers::admin::sessions::active))
        .routes(routes!(handlers::admin::sessions::details))
        .routes(routes!(handlers::admin::analytics::dashboard))
        .routes(routes!(handlers::admin::audit::list))
        .routes(routes!(handlers::admin::parked::list))
        .routes(routes!(handlers::widget::config))
        .routes(routes!(handlers::live::connect))
}

/// A hundred a minute and caller, as documented; sockets have limits of their own.
fn quota(doors: &SharedDoors, request: &Request, asking: &Asking) -> Vec<Share> {
    match request.uri().path() {
        LIVE_PATH => return vec![guard::upgrades("platform-live", doors, asking)],
        // A page asks for it whenever it opens a socket.
        WIDGET_PATH => return vec![guard::upgrades("widget", doors, asking)],
        // All customers' messages come from a few addresses of Meta's, and its signature says that it is them.
        WHATSAPP_PATH if request.method() == Method::POST => return Vec::new(),
        // The same holds of SMS and of organizations' own systems: who is none of them is refused for a wrong signature or token, which costs little.
        path if path.starts_with(SMS_PATHS) || path.starts_with(SIGNED_PATHS) => return Vec::new(),
        _ => {}
    }
    let limits = &doors.config.limits;
    let quota = Quota { limit: limits.platform_requests, window_s: limits.platform_window_s };
    vec![("platform", asking.rate_key(), quota)]
}
