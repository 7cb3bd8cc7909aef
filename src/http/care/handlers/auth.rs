//! `/auth`: registering, and a token for a password.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;

use crate::auth::address_key;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::{self, Sent};
use crate::http::care::decode;
use crate::http::care::wire::{ErrorEnvelope, LoggedIn, Login, Register, Registered, User};
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Asking, Fault};
use crate::http::idempotency;

/// Makes a user: a customer of the default organization.
#[utoipa::path(
    post, path = "/auth/register", operation_id = "register",
    summary = "Register", tag = "Authentication", security(()),
    params(IdempotencyKey), request_body = Register,
    responses((status = 201, body = Registered, description = "The new user"))
)]
pub(crate) async fn register(
    State(doors): State<SharedDoors>,
    Extension(asking): Extension<Asking>,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let wanted: Register = body::parse(&bytes)?;
    // Nobody is known yet, so a key is its network address's: two clients' keys do not meet.
    let key = idempotency::key(&parts, &address_key(asking.address), &bytes)?;
    let user = doors.engine.accounts.register(decode::new_user(wanted)?, key).await?.value;
    let registered = Registered {
        id: user.id.to_string(),
        email: user.email.as_str().to_owned(),
        name: user.name.full().as_str().to_owned(),
        created_at: user.created_at.to_string(),
    };
    json(StatusCode::CREATED, &registered)
}

/// Gives a token.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "login",
    summary = "Log In", tag = "Authentication", security(()), request_body = Login,
    responses(
        (status = 200, body = LoggedIn, description = "A token"),
        (status = 401, body = ErrorEnvelope, description = "Unknown, or another password"),
    )
)]
pub(crate) async fn login(
    State(doors): State<SharedDoors>,
    Extension(asking): Extension<Asking>,
    Sent(wanted): Sent<Login>,
) -> Result<Response, Fault> {
    let login = doors.engine.accounts.login(&wanted.email, SecretString::from(wanted.password), asking.address).await?;
    let logged_in = LoggedIn {
        access_token: login.issued.token,
        token_type: "bearer",
        expires_in: login.issued.expires_in_s,
        user: User {
            id: login.user.id.to_string(),
            email: login.user.email.as_str().to_owned(),
            name: login.user.name.full().as_str().to_owned(),
        },
    };
    json(StatusCode::OK, &logged_in)
}
