//! `/api/admin/*`: users, sessions, figures, and what administrators did.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// `POST /api/admin/users`
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CreateUser {
    #[schema(max_length = 254, format = Email)]
    pub email: String,
    #[schema(min_length = 8, max_length = 128, format = Password)]
    pub password: String,
    #[schema(
        min_length = 1,
        max_length = 90,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub first_name: String,
    #[schema(
        min_length = 1,
        max_length = 90,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub last_name: String,
    #[schema(value_type = RoleName)]
    pub role: String,
    /// The caller's own without it.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    pub organization_id: Option<String>,
}

/// `PATCH /api/admin/users/:userId`; what is not sent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ChangeUser {
    pub is_active: Option<bool>,
    #[schema(
        min_length = 1,
        max_length = 90,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub first_name: Option<String>,
    #[schema(
        min_length = 1,
        max_length = 90,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub last_name: Option<String>,
    #[schema(value_type = Option<RoleName>)]
    pub role: Option<String>,
}

/// What a user may do. `platform_admin` is ours: only one of them makes another, and in answers they are `admin`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only described: `decode::admin::role` reads it")]
pub(in super::super) enum RoleName {
    Admin,
    Agent,
    Customer,
    PlatformAdmin,
}

/// Which user.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: `decode::admin::user_id` reads it")]
pub(in super::super) struct UserPath {
    /// The user's id.
    #[param(rename = "userId", min_length = 1, max_length = 64)]
    user_id: String,
}

/// Which part of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described: `decode::admin::page` reads it")]
pub(in super::super) struct PageQuery {
    /// Counted from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// Rows of a page; cut to 100.
    #[param(minimum = 1, default = 10)]
    limit: Option<u64>,
}

/// A new user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct NewUser {
    pub id: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub role: &'static str,
    pub organization_id: String,
    pub is_active: bool,
    pub created_at: String,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct User {
    #[serde(flatten)]
    pub new: NewUser,
    pub last_login_at: Option<String>,
}

/// `GET /api/admin/users`
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Users {
    pub users: Vec<User>,
    pub pagination: Pagination,
}

/// Where a page stands.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Pagination {
    pub total: u64,
    pub page: u64,
    pub limit: u64,
    pub pages: u64,
}

/// `GET /api/admin/sessions/active`
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct ActiveSessions {
    pub sessions: Vec<ActiveSession>,
    pub pagination: Pagination,
}

/// A session of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ActiveSession {
    pub id: String,
    pub customer_id: String,
    pub customer_name: Option<String>,
    #[serde(flatten)]
    pub standing: SessionStanding,
}

/// How a session stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct SessionStanding {
    pub channel: &'static str,
    /// `ai`, `waiting`, `with_agent` or `closed`.
    pub status: &'static str,
    pub agent_id: Option<String>,
    pub agent_name: Option<String>,
    pub started_at: String,
    pub last_message_at: Option<String>,
}

/// `GET /api/admin/sessions/:sessionId`
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct SessionDetails {
    pub session: Session,
    pub messages: Vec<SessionMessage>,
}

/// The `session` of details.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Session {
    pub id: String,
    pub customer_id: String,
    pub customer_info: CustomerInfo,
    #[serde(flatten)]
    pub standing: SessionStanding,
}

/// What is known of the customer.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in super::super) struct CustomerInfo {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// A message of details.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct SessionMessage {
    pub id: String,
    pub text: String,
    /// `customer`, `ai` or `agent`.
    pub sender: &'static str,
    pub timestamp: String,
}

/// `GET /api/admin/analytics/dashboard`
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Dashboard {
    pub period: Period,
    pub overview: Overview,
    pub by_channel: BTreeMap<&'static str, Conversations>,
    pub by_day: Vec<DayRow>,
    pub top_intents: Vec<IntentRow>,
}

/// The days of a dashboard, both included.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Period {
    pub start: String,
    pub end: String,
}

/// All of them together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Overview {
    pub total_conversations: u64,
    pub ai_resolved: u64,
    pub agent_handovers: u64,
    /// In seconds; null where there was no answer.
    pub avg_response_time: Option<f64>,
    /// In seconds; null where nothing was resolved.
    pub avg_resolution_time: Option<f64>,
    /// From 1 to 5; null where nobody rated.
    pub avg_satisfaction_score: Option<f64>,
}

/// Conversations and what became of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Conversations {
    pub conversations: u64,
    pub ai_resolved: u64,
    pub agent_handovers: u64,
}

/// A day.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct DayRow {
    pub date: String,
    #[serde(flatten)]
    pub counts: Conversations,
}

/// What conversations were about first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct IntentRow {
    pub intent: String,
    pub count: u64,
    pub ai_resolved_rate: f64,
}

/// `GET /api/admin/audit`. Ours.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct AuditLog {
    pub entries: Vec<AuditRow>,
    pub pagination: Pagination,
}

/// An administrative act.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct AuditRow {
    pub id: String,
    pub at: String,
    pub actor: AuditActor,
    /// `user.created`, `settings.changed` …
    pub action: &'static str,
    pub target: AuditTarget,
    pub changes: Vec<AuditChange>,
    pub address: Option<String>,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct AuditActor {
    /// `user`, `api_key` or `operator`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub id: Option<String>,
    pub name: Option<String>,
}

/// To what.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct AuditTarget {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub name: Option<String>,
}

/// A field that was changed.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct AuditChange {
    pub field: String,
    pub from: Option<String>,
    pub to: Option<String>,
}
