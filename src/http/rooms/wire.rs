//! The rooms dialect's JSON, to the letter of its document. Fields that the document does not know are ignored on the way
//! in.

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which side somebody is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Deserialize, ToSchema)]
pub(super) struct Register {
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s@\x00-\x1f\x7f-\x9f]([^@\x00-\x1f\x7f-\x9f]*[^\s@\x00-\x1f\x7f-\x9f])?$"
    )]
    pub username: String,
    #[schema(max_length = 254, format = Email)]
    pub email: String,
    #[schema(min_length = 8, max_length = 128, format = Password)]
    pub password: String,
    pub user_type: UserType,
}

/// `POST /api/auth/login`
#[derive(Deserialize, ToSchema)]
pub(super) struct Login {
    /// The username, or the e-mail.
    pub username: String,
    pub password: String,
}

/// `POST /api/chat/rooms`
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CreateRoom {
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub customer_name: String,
}

/// `POST /api/chat/rooms/{room_id}/messages`
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SendMessage {
    /// Not blank; at most 32 KiB.
    #[schema(min_length = 1, max_length = 32768, pattern = r"\S")]
    pub content: String,
    pub user_type: UserType,
    /// Extension: the sender's own id; sent again, it is still one message.
    #[schema(min_length = 1, max_length = 128, pattern = r"^[^\x00-\x1f\x7f]+$")]
    pub id: Option<String>,
}

/// `POST /api/chat/analyze`
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Analyze {
    /// Not blank; at most 32 KiB.
    #[schema(min_length = 1, max_length = 32768, pattern = r"\S")]
    pub message: String,
}

/// `PUT /api/admin/system-config`: what is not sent stays, and `null` is nothing that could be set.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ChangeConfig {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub auto_reply_enabled: Option<bool>,
    #[serde(default, deserialize_with = "given_whole")]
    #[schema(minimum = 1, maximum = 8000, nullable = false)]
    pub max_response_length: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 0, maximum = 1, nullable = false)]
    pub ai_confidence_threshold: Option<f32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$",
        nullable = false
    )]
    pub response_style_default: Option<String>,
}

fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A whole number, also as programs write it that know fractions only: to JSON, 500.0 is 500.
fn given_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if number.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&number) {
        return Err(D::Error::custom("must be a whole number"));
    }
    Ok(Some(number as u32))
}

/// Which room.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: `decode::room` reads it")]
pub(super) struct RoomPath {
    /// The room's id.
    #[param(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    room_id: String,
}

/// How a room stands.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only described: `render::status` says it")]
pub(super) enum RoomStatus {
    Active,
    Pending,
    Closed,
}

/// What a message is about.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only described: `intent::word` says it")]
pub(super) enum Intent {
    Greeting,
    Complaint,
    Inquiry,
    Support,
    Feedback,
    Uncategorized,
}

/// A token for a user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoggedIn {
    pub access_token: String,
    pub token_type: &'static str,
    pub user_id: String,
    pub username: String,
    pub user_type: UserType,
}

/// `GET /api/auth/me`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    pub id: String,
    pub username: String,
    pub email: Option<String>,
    pub user_type: UserType,
}

/// A room that was created.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewRoom {
    pub room_id: String,
    pub customer_id: String,
    pub customer_name: String,
    #[schema(value_type = RoomStatus)]
    pub status: &'static str,
}

/// A room.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Room {
    pub id: String,
    pub customer_id: String,
    pub customer_name: String,
    #[schema(value_type = RoomStatus)]
    pub status: &'static str,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub last_message_at: Option<String>,
    pub message_count: u64,
}

/// A message of a room.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Message<'a> {
    pub id: String,
    pub room_id: &'a str,
    pub content: &'a str,
    pub user_type: UserType,
    /// `assistant` and `system` are no users': what the assistant says, and the engine's fixed texts.
    pub user_id: Cow<'a, str>,
    #[schema(format = DateTime)]
    pub timestamp: String,
    #[schema(value_type = Option<Intent>)]
    pub intent: Option<&'static str>,
    pub ai_suggestion: Option<&'a str>,
    pub is_ai_generated: bool,
}

/// A message that was sent, and what the assistant made of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SentMessage<'a> {
    pub message_id: String,
    pub room_id: &'a str,
    pub content: &'a str,
    pub user_type: UserType,
    #[schema(format = DateTime)]
    pub timestamp: String,
    pub ai_analysis: Analysis<'a>,
}

/// What the assistant makes of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Analysis<'a> {
    #[schema(value_type = Option<Intent>)]
    pub intent: Option<&'static str>,
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: Option<f64>,
    pub suggestions: Vec<&'a str>,
}

/// What the assistant makes of a text that nobody sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Analyzed<'a> {
    #[schema(value_type = Intent)]
    pub intent: &'static str,
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f64,
    pub suggestions: Vec<&'a str>,
    pub message: &'a str,
}

/// `GET /api/admin/system-config`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SystemConfig<'a> {
    pub auto_reply_enabled: bool,
    pub max_response_length: u32,
    pub ai_confidence_threshold: f64,
    pub response_style_default: &'a str,
}

/// `GET /api/admin/dashboard`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Dashboard {
    pub total_customers: u64,
    pub active_chats: u64,
    pub pending_chats: u64,
    pub total_messages: u64,
    #[schema(minimum = 0, maximum = 100)]
    pub ai_usage_rate: f64,
    /// In seconds.
    pub avg_response_time: f64,
}

/// A row of `GET /api/admin/customers`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerRow {
    pub customer_id: String,
    pub customer_name: String,
    pub room_id: String,
    pub message_count: u64,
    #[schema(format = DateTime)]
    pub last_activity: String,
    #[schema(value_type = RoomStatus)]
    pub status: &'static str,
    #[schema(minimum = 0, maximum = 100)]
    pub ai_usage_percentage: f64,
}

/// A row of `GET /api/admin/intent-statistics`, and of an overview.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IntentCount {
    #[schema(value_type = Intent)]
    pub intent: &'static str,
    pub count: u64,
    #[schema(minimum = 0, maximum = 100)]
    pub percentage: f64,
}

/// `GET /api/analytics/overview`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Overview {
    pub period: Period,
    pub overview: OverviewTotals,
    pub intent_distribution: Vec<IntentCount>,
    pub daily_activity: Vec<DailyActivity>,
}

/// What an overview covers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Period {
    #[schema(format = DateTime)]
    pub start_date: String,
    #[schema(format = DateTime)]
    pub end_date: String,
    pub days: u64,
}

/// The sums of an overview.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OverviewTotals {
    pub total_messages: u64,
    pub total_chat_rooms: u64,
    pub ai_generated_messages: u64,
    #[schema(minimum = 0, maximum = 100)]
    pub ai_usage_rate: f64,
    pub avg_messages_per_room: f64,
}

/// A day of an overview.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DailyActivity {
    #[schema(format = Date)]
    pub date: String,
    pub message_count: u64,
    pub ai_count: u64,
    pub human_count: u64,
}

/// `GET /api/analytics/customer-behavior`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Behaviour {
    pub customer_engagement: Engagement,
    pub response_times: ResponseTimes,
    pub customer_details: Vec<TopCustomer>,
}

/// How much customers write. Durations are in minutes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Engagement {
    pub total_customers: u64,
    pub avg_messages_per_customer: f64,
    pub avg_session_duration: f64,
    pub top_customers: Vec<TopCustomer>,
}

/// How long customers wait.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResponseTimes {
    pub avg_response_time_minutes: f64,
    pub avg_ai_response_time_minutes: f64,
    pub avg_human_response_time_minutes: f64,
    pub total_responses: u64,
}

/// A customer of the last days.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct TopCustomer {
    pub customer_id: String,
    pub customer_name: String,
    pub message_count: u64,
    #[schema(format = DateTime)]
    pub last_activity: String,
    #[schema(minimum = 0, maximum = 100)]
    pub ai_usage_percentage: f64,
}

/// The envelope of every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorEnvelope {
    pub detail: Cow<'static, str>,
}
