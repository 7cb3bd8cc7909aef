//! People of the staff, and teams.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody or something with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Named {
    pub id: String,
    pub name: String,
}

/// A person as the desk sees them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentRow {
    pub id: String,
    pub name: String,
    /// `available`, `busy`, `away` or `vanished`.
    pub status: &'static str,
    pub online: bool,
    pub load: u32,
    pub capacity: u32,
    pub skills: Vec<String>,
    pub teams: Vec<String>,
}

/// A person with what administrators see besides.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Colleague {
    #[serde(flatten)]
    pub agent: AgentRow,
    pub email: String,
    pub role: &'static str,
    pub active: bool,
    pub last_login_at: Option<String>,
}

/// `GET /team`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Team {
    pub agents: Vec<Colleague>,
    pub teams: Vec<NamedTeam>,
}

/// A team.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedTeam {
    pub id: String,
    pub name: String,
}

/// `POST /team/teams` and `PUT /team/teams/:id`
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewTeam {
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: String,
}

/// `PUT /team/agents/:id`; what is not sent stays.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChangeProfile {
    /// How many sessions at a time.
    #[schema(minimum = 1, maximum = 100)]
    pub capacity: Option<u32>,
    /// What they can do.
    #[schema(max_items = 16)]
    pub skills: Option<Vec<String>>,
    /// The ids of their teams.
    #[schema(max_items = 32)]
    pub teams: Option<Vec<String>>,
}

/// `POST /team/agents`
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewAgent {
    #[schema(max_length = 254, format = Email)]
    pub email: String,
    #[schema(
        min_length = 1,
        max_length = 99,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub first_name: String,
    #[schema(
        min_length = 1,
        max_length = 99,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub last_name: String,
    #[schema(min_length = 8, max_length = 128, format = Password)]
    pub password: String,
    /// `agent` or `admin`.
    #[schema(pattern = "^(agent|admin)$")]
    pub role: String,
}

/// `PATCH /team/agents/:id`
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChangeAgent {
    /// Whether they may log in.
    pub active: bool,
}
