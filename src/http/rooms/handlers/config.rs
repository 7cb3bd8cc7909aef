//! `/api/admin/system-config`: how the organization's assistant answers. A change governs the next turn.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::guard::{Administrator, Fault};
use crate::http::rooms::wire::{ChangeConfig, SystemConfig};
use crate::http::rooms::{decode, render};

/// What holds now.
#[utoipa::path(
    get, path = "/api/admin/system-config", operation_id = "getSystemConfig",
    summary = "Get the System Configuration", tag = "Administration",
    responses((status = 200, body = SystemConfig<'static>, description = "What holds now"))
)]
pub(crate) async fn read(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    json(StatusCode::OK, &render::system_config(&doors.engine.settings.assistant(&admin.caller.organization)))
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
    admin: Administrator,
    Sent(wanted): Sent<ChangeConfig>,
) -> Result<Response, Fault> {
    let changed =
        doors.engine.settings.change_assistant(admin.acting(), |settings| decode::change(settings, &wanted)).await?;
    json(StatusCode::OK, &render::system_config(&changed))
}
