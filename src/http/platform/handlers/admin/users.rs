//! `/api/admin/users`: who there is, new ones, and what becomes of them. Changing and deactivating are extensions of the
//! document.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::engine::accounts::UserChange;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::{self, Sent};
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Administrator, Fault};
use crate::http::idempotency;
use crate::http::platform::decode::admin as decode;
use crate::http::platform::render::admin as render;
use crate::http::platform::wire::ErrorEnvelope;
use crate::http::platform::wire::admin::{ChangeUser, CreateUser, NewUser, PageQuery, RoleName, User, UserPath, Users};
use crate::http::query::{Query, Segment};

/// The organization's users, the first made first.
#[utoipa::path(
    get, path = "/api/admin/users", operation_id = "listUsers",
    summary = "List Users", tag = "Admin",
    params(PageQuery, ("role" = Option<RoleName>, Query, description = "Only these")),
    responses((status = 200, body = Users, description = "A page, the first made first"))
)]
pub(crate) async fn list(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let query = Query::of(request.uri());
    let slice = decode::page(&query)?;
    let role = query.raw("role").map(decode::role).transpose()?;
    let (page, limit) = slice.parts();
    let (users, total) = doors.engine.accounts.list(&admin.caller.organization, role, page, limit)?;
    let users = users.iter().map(render::user).collect();
    json(StatusCode::OK, &Users { users, pagination: render::pagination(slice, total) })
}

/// Makes a user.
#[utoipa::path(
    post, path = "/api/admin/users", operation_id = "createUser",
    summary = "Create User", tag = "Admin", params(IdempotencyKey), request_body = CreateUser,
    responses((status = 201, body = NewUser, description = "The new user"))
)]
pub(crate) async fn create(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let new = decode::new_user(&admin.caller, body::parse(&bytes)?)?;
    let key = idempotency::callers_key(&admin.caller, &parts, &bytes)?;
    let made = doors.engine.accounts.create_user(admin.acting(), new, key).await?;
    json(StatusCode::CREATED, &render::new_user(&made.value))
}

/// Changes what is sent, keeps what is not, and gives the user as they are then.
#[utoipa::path(
    patch, path = "/api/admin/users/{userId}", operation_id = "changeUser",
    summary = "Change User", tag = "Admin", params(UserPath), request_body = ChangeUser,
    responses(
        (status = 200, body = User, description = "The user as they are then"),
        (status = 409, body = ErrorEnvelope<'static>, description = "One's own role or access, or the last administrator's"),
    )
)]
pub(crate) async fn change(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(user): Segment,
    Sent(wanted): Sent<ChangeUser>,
) -> Result<Response, Fault> {
    let id = decode::user_id(&user)?;
    let user = doors.engine.desk.change_user(admin.acting(), id, decode::user_change(wanted)?).await?;
    json(StatusCode::OK, &render::user(&user))
}

/// Deactivates a user: they can log in nowhere, and their tokens are refused at once. Twice is once.
#[utoipa::path(
    delete, path = "/api/admin/users/{userId}", operation_id = "deactivateUser",
    summary = "Deactivate User", tag = "Admin", params(UserPath),
    responses(
        (status = 200, body = User, description = "The user as they are then"),
        (status = 409, body = ErrorEnvelope<'static>, description = "Oneself, or the last administrator"),
    )
)]
pub(crate) async fn deactivate(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(user): Segment,
) -> Result<Response, Fault> {
    let id = decode::user_id(&user)?;
    let change = UserChange { active: Some(false), ..UserChange::default() };
    let user = doors.engine.desk.change_user(admin.acting(), id, change).await?;
    json(StatusCode::OK, &render::user(&user))
}
