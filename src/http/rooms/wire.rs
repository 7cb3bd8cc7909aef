//! The rooms dialect's JSON, to the letter of its document. Fields that the document does not know are ignored on the way
//! in.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

/// Which side somebody is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub(super) enum UserType {
    /// The staff's.
    Admin,
    /// The customers'.
    Customer,
}

impl TryFrom<String> for UserType {
    type Error = &'static str;

    /// From text and not as serde reads a choice: a number would be no JSON to it, and the field would have no name.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "admin" => Ok(Self::Admin),
            "customer" => Ok(Self::Customer),
            _ => Err("must be admin or customer"),
        }
    }
}

/// `POST /api/auth/register`
#[derive(Deserialize)]
pub(super) struct Register {
    pub username: String,
    pub email: String,
    pub password: String,
    pub user_type: UserType,
}

/// `POST /api/auth/login`
#[derive(Deserialize)]
pub(super) struct Login {
    pub username: String,
    pub password: String,
}

/// `POST /api/chat/rooms`
#[derive(Debug, Deserialize)]
pub(super) struct CreateRoom {
    pub customer_name: String,
}

/// `POST /api/chat/rooms/{room_id}/messages`
#[derive(Debug, Deserialize)]
pub(super) struct SendMessage {
    pub content: String,
    pub user_type: UserType,
    /// Extension: the sender's own id.
    pub id: Option<String>,
}

/// `POST /api/chat/analyze`
#[derive(Debug, Deserialize)]
pub(super) struct Analyze {
    pub message: String,
}

/// `PUT /api/admin/system-config`: what is not sent stays, and `null` is nothing that could be set.
#[derive(Debug, Deserialize)]
pub(super) struct ChangeConfig {
    #[serde(default, deserialize_with = "given")]
    pub auto_reply_enabled: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    pub max_response_length: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    pub ai_confidence_threshold: Option<f32>,
    #[serde(default, deserialize_with = "given")]
    pub response_style_default: Option<String>,
}

fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A token for a user.
#[derive(Debug, Serialize)]
pub(super) struct LoggedIn {
    pub access_token: String,
    pub token_type: &'static str,
    pub user_id: String,
    pub username: String,
    pub user_type: UserType,
}

/// `GET /api/auth/me`
#[derive(Debug, Serialize)]
pub(super) struct Me {
    pub id: String,
    pub username: String,
    pub email: Option<String>,
    pub user_type: UserType,
}

/// A room that was created.
#[derive(Debug, Serialize)]
pub(super) struct NewRoom {
    pub room_id: String,
    pub customer_id: String,
    pub customer_name: String,
    pub status: &'static str,
}

/// A room.
#[derive(Debug, Serialize)]
pub(super) struct Room {
    pub id: String,
    pub customer_id: String,
    pub customer_name: String,
    pub status: &'static str,
    pub created_at: String,
    pub last_message_at: Option<String>,
    pub message_count: u64,
}

/// A message of a room.
#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    pub id: String,
    pub room_id: &'a str,
    pub content: &'a str,
    pub user_type: UserType,
    pub user_id: Option<String>,
    pub timestamp: String,
    pub intent: Option<&'static str>,
    pub ai_suggestion: Option<&'a str>,
    pub is_ai_generated: bool,
}

/// A message that was sent, and what the assistant made of it.
#[derive(Debug, Serialize)]
pub(super) struct SentMessage<'a> {
    pub message_id: String,
    pub room_id: &'a str,
    pub content: &'a str,
    pub user_type: UserType,
    pub timestamp: String,
    pub ai_analysis: Analysis<'a>,
}

/// What the assistant makes of a message.
#[derive(Debug, Serialize)]
pub(super) struct Analysis<'a> {
    pub intent: Option<&'static str>,
    pub confidence: Option<f64>,
    pub suggestions: Vec<&'a str>,
}

/// What the assistant makes of a text that nobody sent.
#[derive(Debug, Serialize)]
pub(super) struct Analyzed<'a> {
    pub intent: &'static str,
    pub confidence: f64,
    pub suggestions: Vec<&'a str>,
    pub message: &'a str,
}

/// `GET /api/admin/system-config`
#[derive(Debug, Serialize)]
pub(super) struct SystemConfig<'a> {
    pub auto_reply_enabled: bool,
    pub max_response_length: u32,
    pub ai_confidence_threshold: f64,
    pub response_style_default: &'a str,
}

/// `GET /api/admin/dashboard`
#[derive(Debug, Serialize)]
pub(super) struct Dashboard {
    pub total_customers: u64,
    pub active_chats: u64,
    pub pending_chats: u64,
    pub total_messages: u64,
    pub ai_usage_rate: f64,
    /// In seconds.
    pub avg_response_time: f64,
}

/// A row of `GET /api/admin/customers`
#[derive(Debug, Serialize)]
pub(super) struct CustomerRow {
    pub customer_id: String,
    pub customer_name: String,
    pub room_id: String,
    pub message_count: u64,
    pub last_activity: String,
    pub status: &'static str,
    pub ai_usage_percentage: f64,
}

/// A row of `GET /api/admin/intent-statistics`, and of an overview.
#[derive(Debug, Serialize)]
pub(super) struct IntentCount {
    pub intent: &'static str,
    pub count: u64,
    pub percentage: f64,
}

/// `GET /api/analytics/overview`
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    pub period: Period,
    pub overview: OverviewTotals,
    pub intent_distribution: Vec<IntentCount>,
    pub daily_activity: Vec<DailyActivity>,
}

/// What an overview covers.
#[derive(Debug, Serialize)]
pub(super) struct Period {
    pub start_date: String,
    pub end_date: String,
    pub days: u64,
}

/// The sums of an overview.
#[derive(Debug, Serialize)]
pub(super) struct OverviewTotals {
    pub total_messages: u64,
    pub total_chat_rooms: u64,
    pub ai_generated_messages: u64,
    pub ai_usage_rate: f64,
    pub avg_messages_per_room: f64,
}

/// A day of an overview.
#[derive(Debug, Serialize)]
pub(super) struct DailyActivity {
    pub date: String,
    pub message_count: u64,
    pub ai_count: u64,
    pub human_count: u64,
}

/// `GET /api/analytics/customer-behavior`
#[derive(Debug, Serialize)]
pub(super) struct Behaviour {
    pub customer_engagement: Engagement,
    pub response_times: ResponseTimes,
    pub customer_details: Vec<TopCustomer>,
}

/// How much customers write. Durations are in minutes.
#[derive(Debug, Serialize)]
pub(super) struct Engagement {
    pub total_customers: u64,
    pub avg_messages_per_customer: f64,
    pub avg_session_duration: f64,
    pub top_customers: Vec<TopCustomer>,
}

/// How long customers wait.
#[derive(Debug, Serialize)]
pub(super) struct ResponseTimes {
    pub avg_response_time_minutes: f64,
    pub avg_ai_response_time_minutes: f64,
    pub avg_human_response_time_minutes: f64,
    pub total_responses: u64,
}

/// A customer of the last days.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TopCustomer {
    pub customer_id: String,
    pub customer_name: String,
    pub message_count: u64,
    pub last_activity: String,
    pub ai_usage_percentage: f64,
}

/// The envelope of every refusal.
#[derive(Debug, Serialize)]
pub(super) struct ErrorEnvelope {
    pub detail: Cow<'static, str>,
}
