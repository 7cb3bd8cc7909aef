//! Logging in, and who one is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Named;

/// `POST /login`
#[derive(Deserialize, ToSchema)]
pub(crate) struct Login {
    #[schema(max_length = 254, format = Email)]
    pub email: String,
    #[schema(format = Password)]
    pub password: String,
}

/// A person with an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    pub id: String,
    pub name: String,
    pub email: String,
    pub role: &'static str,
}

/// Answers `POST /login` and `POST /token`.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    /// The access token.
    pub token: String,
    pub expires_at: String,
    pub user: Account,
    pub organization: Named,
}

/// `GET /me`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    pub user: Account,
    pub organization: Named,
}
