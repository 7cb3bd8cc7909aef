//! `/api/admin/system-config`: how the organization's assistant answers. A change governs the next turn.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::engine::audit::Acting;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body;
use crate::http::guard::{Asking, Authenticated, Fault};
use crate::http::rooms::wire::{ChangeConfig, SystemConfig};
use crate::http::rooms::{decode, render};

/// What holds now.
#[utoipa::path(
    get, path = "/api/admin/system-config", operation_id = "getSystemConfig",
    summary = "Get the System Configuration", tag = "Administration",
    responses((status = 200, body = SystemConfig<'static>, description = "What holds now"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
) -> Result<Response, Fault> {
    caller.require_admin()?;
    json(StatusCode::OK, &render::system_config(&doors.engine.settings.assistant(&caller.organization)))
}

/// Changes what is sent, keeps what is not, and gives what holds then.
#[utoipa::path(
    put, path = "/api/admin/system-config", operation_id = "changeSystemConfig",
    summary = "Change the System Configuration", tag = "Administration",
    request_body = ChangeConfig,
    responses((status = 200, body = SystemConfig<'static>, description = "What holds then"))
)]
pub(crate) async fn change(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
    Extension(asking): Extension<Asking>,
    request: Request,
) -> Result<Response, Fault> {
    caller.require_admin()?;
    let (parts, body) = request.into_parts();
    let wanted: ChangeConfig = body::json(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let acting = Acting::from(&caller, asking.address);
    let changed = doors.engine.settings.change_assistant(acting, |settings| decode::change(settings, &wanted)).await?;
    json(StatusCode::OK, &render::system_config(&changed))
}
