//! Logging in, a new token for one that still holds, and who one is.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;

use super::Colleague;
use crate::auth::Issued;
use crate::domain::{Refusal, User};
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::render;
use crate::http::console::wire::{ErrorEnvelope, LoggedIn, Login, Me};
use crate::http::guard::{Asking, Fault};

/// Gives a token for a password. Customers have no business here.
#[utoipa::path(
    post, path = "/api/console/login", operation_id = "login",
    summary = "Log In", tag = "Account", security(()),
    request_body = Login,
    responses(
        (status = 200, body = LoggedIn, description = "A token"),
        (status = 401, body = ErrorEnvelope, description = "Unknown, or another password"),
        (status = 403, body = ErrorEnvelope, description = "A customer's account"),
    )
)]
pub(crate) async fn login(
    State(doors): State<SharedDoors>,
    Extension(asking): Extension<Asking>,
    Sent(wanted): Sent<Login>,
) -> Result<Response, Fault> {
    let password = SecretString::from(wanted.password);
    let login = doors.engine.accounts.login(&wanted.email, password, asking.address).await?;
    if !login.user.role.is_staff() {
        return Err(Refusal::Forbidden.into());
    }
    json(StatusCode::OK, &logged_in(&doors, login.issued, &login.user)?)
}

/// Gives a new token for one that still holds.
#[utoipa::path(
    post, path = "/api/console/token", operation_id = "renewToken",
    summary = "Get a New Token", tag = "Account",
    responses((status = 200, body = LoggedIn, description = "A token"))
)]
pub(crate) async fn token(
    State(doors): State<SharedDoors>,
    Colleague { caller, user }: Colleague,
) -> Result<Response, Fault> {
    let user = doors.engine.accounts.user(&caller.organization, user)?;
    let issued = doors.engine.accounts.issue_user_token(&user.email)?;
    json(StatusCode::OK, &logged_in(&doors, issued, &user)?)
}

/// Who the caller is.
#[utoipa::path(
    get, path = "/api/console/me", operation_id = "me",
    summary = "Who One Is", tag = "Account",
    responses((status = 200, body = Me, description = "The caller"))
)]
pub(crate) async fn me(
    State(doors): State<SharedDoors>,
    Colleague { caller, user }: Colleague,
) -> Result<Response, Fault> {
    let accounts = &doors.engine.accounts;
    let user = accounts.user(&caller.organization, user)?;
    let organization = accounts.organization(&caller.organization)?;
    json(StatusCode::OK, &Me { user: render::account(&user), organization: render::organization(&organization) })
}

fn logged_in(doors: &SharedDoors, issued: Issued, user: &User) -> Result<LoggedIn, Refusal> {
    let ttl_ms = i64::try_from(issued.expires_in_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let organization = doors.engine.accounts.organization(&user.organization)?;
    Ok(LoggedIn {
        token: issued.token,
        expires_at: doors.clock.now().plus_ms(ttl_ms).to_string(),
        user: render::account(user),
        organization: render::organization(&organization),
    })
}
