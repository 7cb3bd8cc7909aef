//! What every live endpoint asks of a request before it looks for a session: a handshake, an allowed page, a credential
//! that holds.

use axum::extract::Request;

use super::{origin_is_allowed, upgrade};
use crate::auth::Caller;
use crate::domain::Refusal;
use crate::http::SharedDoors;
use crate::http::guard::Fault;
use crate::http::query::Query;

/// The token of the query, or of the offered subprotocols.
///
/// # Errors
/// `UpgradeRequired`, `Forbidden` for another site's page.
pub fn token(doors: &SharedDoors, request: &Request, query: &Query) -> Result<Option<String>, Fault> {
    let token = offered_token(request, query)?;
    if !origin_is_allowed(request.headers(), &doors.config.server.allowed_origins.0) {
        return Err(Refusal::Forbidden.into());
    }
    Ok(token)
}

/// The same for an endpoint that looks at the page itself, once it knows whose widget it is.
///
/// # Errors
/// `UpgradeRequired`.
pub fn offered_token(request: &Request, query: &Query) -> Result<Option<String>, Fault> {
    if !upgrade::wants_upgrade(request) {
        return Err(Fault::UpgradeRequired);
    }
    // An empty token is a bad one, not an absent one.
    Ok(query.raw("token").map(str::to_owned).or_else(|| upgrade::offered_token(request)))
}

/// The caller that a token stands for; none without a token.
///
/// # Errors
/// `Unauthenticated` for a token that does not hold.
pub async fn caller(doors: &SharedDoors, token: Option<String>) -> Result<Option<Caller>, Refusal> {
    match token {
        Some(token) => doors.engine.accounts.authenticate(&token).await.map(Some),
        None => Ok(None),
    }
}
