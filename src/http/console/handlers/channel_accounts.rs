//! What leaves by channels, for administrators: what waits at each of our numbers and addresses, what was set aside, and sending
//! that once more.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use crate::domain::Refusal;
use crate::engine::channels::outward::AccountReport;
use crate::http::SharedDoors;
use crate::http::answer::json;
use crate::http::console::wire::ErrorEnvelope;
use crate::http::console::wire::channel_account::{
    AccountDeliveryPath, AccountPath, ChannelAccountRow, ChannelAccounts,
};
use crate::http::guard::{Administrator, Fault};
use crate::http::query::{Query, Segment, Segments};
use crate::http::webhooks::{DeliveriesQuery, DeliveryPage, Page, Replay, number};

/// The numbers and addresses that messages leave from.
#[utoipa::path(
    get, path = "/api/console/channels/accounts", operation_id = "listChannelAccounts",
    summary = "List Channel Accounts", tag = "Channels",
    responses((status = 200, body = ChannelAccounts, description = "All from which something was sent or is to be"))
)]
pub(crate) async fn list(State(doors): State<SharedDoors>, admin: Administrator) -> Result<Response, Fault> {
    let found = doors.engine.channel_accounts.all(&admin.caller).await?;
    json(StatusCode::OK, &ChannelAccounts { items: found.iter().map(row).collect() })
}

/// What is to be sent from one, was set aside, or went. Of what went, the newest hundred are kept.
#[utoipa::path(
    get, path = "/api/console/channels/accounts/{account_id}/deliveries", operation_id = "listChannelDeliveries",
    summary = "List a Channel Account's Messages", tag = "Channels",
    params(AccountPath, DeliveriesQuery),
    responses((status = 200, body = DeliveryPage, description = "A page"))
)]
pub(crate) async fn deliveries(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
    request: Request,
) -> Result<Response, Fault> {
    let Page { stage, after, limit } = Page::of(&Query::of(request.uri()))?;
    let found = doors.engine.channel_accounts.deliveries(&admin.caller, parse(&id)?, stage, after, limit)?;
    json(StatusCode::OK, &DeliveryPage::of(&found))
}

/// Sends everything once more that was set aside.
#[utoipa::path(
    post, path = "/api/console/channels/accounts/{account_id}/replay", operation_id = "replayChannelDeliveries",
    summary = "Replay All Parked Messages", tag = "Channels",
    params(AccountPath),
    responses((status = 200, body = Replay, description = "How many"))
)]
pub(crate) async fn replay_all(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segment(id): Segment,
) -> Result<Response, Fault> {
    let replayed = doors.engine.channel_accounts.replay_all(admin.acting(), parse(&id)?).await?;
    json(StatusCode::OK, &Replay { replayed: replayed.count })
}

/// Sends one message once more that was set aside.
#[utoipa::path(
    post, path = "/api/console/channels/accounts/{account_id}/deliveries/{number}/replay",
    operation_id = "replayChannelDelivery",
    summary = "Replay a Parked Message", tag = "Channels",
    params(AccountDeliveryPath),
    responses(
        (status = 200, body = Replay, description = "It waits again"),
        (status = 409, body = ErrorEnvelope, description = "Somebody else replayed it meanwhile"),
    )
)]
pub(crate) async fn replay(
    State(doors): State<SharedDoors>,
    admin: Administrator,
    Segments(id, place): Segments,
) -> Result<Response, Fault> {
    let (id, number) = (parse(&id)?, number(&place)?);
    let replayed = doors.engine.channel_accounts.replay(admin.acting(), id, number).await?;
    json(StatusCode::OK, &Replay { replayed: replayed.count })
}

/// What is no id is nobody's account.
fn parse(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::NotFound { what: "account" })
}

fn row(report: &AccountReport) -> ChannelAccountRow {
    ChannelAccountRow {
        id: report.id.to_string(),
        channel: report.channel.as_str(),
        account: report.name.clone(),
        waiting: report.depth.waiting,
        oldest_waiting_at: report.depth.oldest.map(|at| at.to_string()),
        parked: report.depth.parked,
    }
}
