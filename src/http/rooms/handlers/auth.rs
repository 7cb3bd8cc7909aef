//! `/api/auth`: registering, a token for a password, and who one is.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;

use crate::auth::Who;
use crate::domain::{OrganizationId, Refusal};
use crate::engine::accounts::LoginName;
use crate::engine::audit::Acting;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::{self, Sent};
use crate::http::description::IdempotencyKey;
use crate::http::guard::{Asking, Authenticated, Credential, Fault};
use crate::http::idempotency;
use crate::http::rooms::wire::{ErrorEnvelope, LoggedIn, Login, Me, Register, UserType};
use crate::http::rooms::{decode, render};

/// Makes a user, of the caller's organization where there is a caller, and logs them in.
#[utoipa::path(
    post, path = "/api/auth/register", operation_id = "register",
    summary = "Register", tag = "Authentication", security((), ("bearer" = []), ("apiKey" = [])),
    params(IdempotencyKey),
    request_body = Register,
    responses((status = 201, body = LoggedIn, description = "The new user, logged in"))
)]
pub(crate) async fn register(
    State(doors): State<SharedDoors>,
    Extension(asking): Extension<Asking>,
    request: Request,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let bytes = body::json_bytes(&parts.headers, body, doors.config.server.body_max_bytes).await?;
    let wanted: Register = body::parse(&bytes)?;
    let organization = organization(&asking, wanted.user_type)?;
    // A key is whoever's asks, or the network address's where nobody is known: two clients' keys do not meet.
    let key = idempotency::key(&parts, &asking.rate_key(), &bytes)?;
    let accounts = &doors.engine.accounts;
    let new = decode::new_user(wanted, organization)?;
    let user = match &asking.credential {
        Credential::Known(caller) if caller.is_admin() => {
            accounts.create_user(Acting::from(caller, asking.address), new, key).await?.value
        }
        Credential::Known(_) | Credential::Absent | Credential::Refused(_) => accounts.register(new, key).await?.value,
    };
    let token = accounts.issue_user_token(&user.email)?.token;
    json(StatusCode::CREATED, &render::logged_in(token, &user))
}

/// Gives a token for a password; `username` may be the e-mail.
#[utoipa::path(
    post, path = "/api/auth/login", operation_id = "login",
    summary = "Log In", tag = "Authentication", security(()),
    request_body = Login,
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
    let name = LoginName::parse(&wanted.username)?;
    let login = doors.engine.accounts.log_in(&name, SecretString::from(wanted.password), asking.address).await?;
    json(StatusCode::OK, &render::logged_in(login.issued.token, &login.user))
}

/// Who the caller is. A customer without an account has an id and nothing else; a key is nobody.
#[utoipa::path(
    get, path = "/api/auth/me", operation_id = "me",
    summary = "Who One Is", tag = "Authentication",
    responses((status = 200, body = Me, description = "The caller"))
)]
pub(crate) async fn me(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
) -> Result<Response, Fault> {
    let me = match &caller.who {
        Who::User { id, .. } => render::me(&doors.engine.accounts.user(&caller.organization, *id)?),
        Who::Customer { id } => {
            Me { id: id.to_string(), username: id.to_string(), email: None, user_type: UserType::Customer }
        }
        Who::Key { .. } => return Err(Refusal::Forbidden.into()),
    };
    json(StatusCode::OK, &me)
}

/// Where the new user will belong. An administrator is made by an administrator; anybody may be a customer.
fn organization(asking: &Asking, user_type: UserType) -> Result<OrganizationId, Refusal> {
    match (&asking.credential, user_type) {
        (Credential::Known(caller), UserType::Customer) => Ok(caller.organization.clone()),
        (Credential::Known(caller), UserType::Admin) => caller.require_admin().map(|()| caller.organization.clone()),
        (Credential::Refused(refusal), _) => Err(refusal.clone()),
        (Credential::Absent, UserType::Customer) => Ok(OrganizationId::default_organization()),
        (Credential::Absent, UserType::Admin) => Err(Refusal::Forbidden),
    }
}
