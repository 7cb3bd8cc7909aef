//! The people of the staff, and their teams.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::domain::desk::event::TeamId;
use crate::domain::{Label, Refusal, UserId};
use crate::engine::accounts::UserChange;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::body::Sent;
use crate::http::console::wire::{
    Account, AgentRow, ChangeAgent, ChangeProfile, ErrorEnvelope, IdPath, NamedTeam, NewAgent, NewTeam, Team,
};
use crate::http::console::{decode, render};
use crate::http::guard::{Administrator, Authenticated, Fault};
use crate::http::query::Segment;

/// Everybody of the staff, and the teams.
#[utoipa::path(
    get, path = "/api/console/team", operation_id = "getTeam",
    summary = "Get the Team", tag = "Team",
    responses((status = 200, body = Team, description = "People and teams"))
)]
pub(crate) async fn read(
    State(doors): State<SharedDoors>,
    Authenticated(caller): Authenticated,
) -> Result<Response, Fault> {
    let (desk, accounts) = (&doors.engine.desk, &doors.engine.accounts);
    let mut agents = Vec::new();
    for card in desk.agents(&caller).await? {
        let user = accounts.user(&caller.organization, card.user)?;
        agents.push(render::colleague(&card, &user));
    }
    json(StatusCode::OK, &Team { agents, teams: desk.teams(&caller)?.iter().map(render::team).collect() })
}

/// Changes what a person can do, and how much of it.
#[utoipa::path(
    put, path = "/api/console/team/agents/{id}", operation_id = "changeProfile",
    summary = "Change a Profile", tag = "Team",
    params(IdPath),
    request_body = ChangeProfile,
    responses((status = 200, body = AgentRow, description = "The person as they are now"))
)]
pub(crate) async fn change_profile(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<ChangeProfile>,
) -> Result<Response, Fault> {
    let user = named_user(&id)?;
    let card = doors.engine.desk.set_profile(admin.acting(), user, decode::profile(&wanted)?).await?;
    json(StatusCode::OK, &render::agent(&card))
}

/// Makes somebody who may answer customers.
#[utoipa::path(
    post, path = "/api/console/team/agents", operation_id = "createAgent",
    summary = "Create an Agent", tag = "Team",
    request_body = NewAgent,
    responses(
        (status = 201, body = Account, description = "The new person"),
        (status = 409, body = ErrorEnvelope, description = "The e-mail is taken"),
    )
)]
pub(crate) async fn create_agent(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(wanted): Sent<NewAgent>,
) -> Result<Response, Fault> {
    let new = decode::new_agent(&admin.caller, wanted)?;
    let made = doors.engine.accounts.create_user(admin.acting(), new, None).await?;
    json(StatusCode::CREATED, &render::account(&made.value))
}

/// Lets somebody in, or out: what they have waits for others then.
#[utoipa::path(
    patch, path = "/api/console/team/agents/{id}", operation_id = "changeAgent",
    summary = "Activate or Deactivate an Agent", tag = "Team",
    params(IdPath),
    request_body = ChangeAgent,
    responses(
        (status = 200, body = Account, description = "The person"),
        (status = 409, body = ErrorEnvelope, description = "Oneself, or the last administrator"),
    )
)]
pub(crate) async fn change_agent(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<ChangeAgent>,
) -> Result<Response, Fault> {
    let id = named_user(&id)?;
    let change = UserChange { active: Some(wanted.active), ..UserChange::default() };
    let user = doors.engine.desk.change_user(admin.acting(), id, change).await?;
    json(StatusCode::OK, &render::account(&user))
}

/// Makes a team.
#[utoipa::path(
    post, path = "/api/console/team/teams", operation_id = "createTeam",
    summary = "Create a Team", tag = "Team",
    request_body = NewTeam,
    responses(
        (status = 201, body = NamedTeam, description = "The new team"),
        (status = 409, body = ErrorEnvelope, description = "The name is taken"),
    )
)]
pub(crate) async fn create_team(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Sent(wanted): Sent<NewTeam>,
) -> Result<Response, Fault> {
    let team = doors.engine.desk.create_team(admin.acting(), Label::parse("name", &wanted.name)?).await?;
    json(StatusCode::CREATED, &render::team(&team))
}

/// Gives a team another name.
#[utoipa::path(
    put, path = "/api/console/team/teams/{id}", operation_id = "renameTeam",
    summary = "Rename a Team", tag = "Team",
    params(IdPath),
    request_body = NewTeam,
    responses(
        (status = 200, body = NamedTeam, description = "The team"),
        (status = 409, body = ErrorEnvelope, description = "The name is taken"),
    )
)]
pub(crate) async fn rename_team(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    Sent(wanted): Sent<NewTeam>,
) -> Result<Response, Fault> {
    let name = Label::parse("name", &wanted.name)?;
    let team = doors.engine.desk.rename_team(admin.acting(), named_team(&id)?, name).await?;
    json(StatusCode::OK, &render::team(&team))
}

/// Takes a team away.
#[utoipa::path(
    delete, path = "/api/console/team/teams/{id}", operation_id = "deleteTeam",
    summary = "Delete a Team", tag = "Team",
    params(IdPath),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn delete_team(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    doors.engine.desk.delete_team(admin.acting(), named_team(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The person that a path names.
fn named_user(id: &str) -> Result<UserId, Refusal> {
    UserId::parse(id).ok_or(Refusal::NotFound { what: "user" })
}

/// The team that a path names.
fn named_team(id: &str) -> Result<TeamId, Refusal> {
    decode::team_id("id", id).map_err(|_| Refusal::NotFound { what: "team" })
}
