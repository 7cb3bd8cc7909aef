//! The JSON of webhooks. Fields that are not known are ignored on the way in.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What an endpoint can hear of.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub(super) enum EventName {
    #[serde(rename = "conversation.started")]
    ConversationStarted,
    #[serde(rename = "message.received")]
    MessageReceived,
    #[serde(rename = "conversation.ended")]
    ConversationEnded,
    #[serde(rename = "error.occurred")]
    ErrorOccurred,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is to be sent.
    Waiting,
    /// It was set aside.
    Parked,
    /// It was taken.
    Finished,
}

/// What the creation of a webhook brings.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewWebhook {
    /// An `http` or `https` address without a user or a password in it.
    #[schema(max_length = 2048)]
    pub url: String,
    /// What people call it.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub description: Option<String>,
    /// What it is to hear of; unless given, everything.
    #[schema(min_items = 1)]
    pub events: Option<Vec<EventName>>,
    /// Unless given, it is.
    pub enabled: Option<bool>,
    /// What deliveries are signed with; unless given, one is made. Behind `whsec_` it is base64.
    #[schema(min_length = 16, max_length = 256, pattern = "^[!-~]+$")]
    pub secret: Option<String>,
}

/// What a change brings: what is not sent stays, and a `description` of null takes it away.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ChangeWebhook {
    /// As at creation.
    #[schema(max_length = 2048)]
    pub url: Option<String>,
    /// As at creation.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub description: Option<Option<String>>,
    /// As at creation.
    #[schema(min_items = 1)]
    pub events: Option<Vec<EventName>>,
    /// Switched off, it hears of nothing, and what waits for it stays.
    pub enabled: Option<bool>,
}

/// What the rotation of a secret may bring.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct RotateSecret {
    /// As at creation.
    #[schema(min_length = 16, max_length = 256, pattern = "^[!-~]+$")]
    pub secret: Option<String>,
}

/// A webhook; its secret is not in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Webhook {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// What people call it.
    pub description: Option<String>,
    /// What it hears of.
    pub events: Vec<EventName>,
    /// Whether it hears of anything.
    pub enabled: bool,
    /// Why it was switched off by itself, if it was.
    pub given_up: Option<GivenUpRow>,
    /// Until when deliveries are signed with the secret before this one too.
    pub previous_secret_until: Option<String>,
    /// Deliveries that wait, counted up to 100,000.
    pub waiting: usize,
    /// Since when the first of them waits.
    pub oldest_waiting_at: Option<String>,
    /// Deliveries that were set aside, counted as far.
    pub parked: usize,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub updated_at: String,
}

/// All webhooks, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Webhooks {
    /// They.
    pub items: Vec<Webhook>,
}

/// That a webhook was switched off by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GivenUpRow {
    /// When.
    pub at: String,
    /// Why.
    pub why: String,
}

/// A webhook with its new secret: the only time that it is shown.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookWithSecret {
    /// It.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// What its deliveries are signed with.
    pub secret: String,
}

/// A delivery.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryRow {
    /// `webhook-id` of every try.
    pub id: String,
    /// Its place among the webhook's deliveries.
    pub number: String,
    /// What it tells of.
    pub event: String,
    /// In which conversation.
    pub conversation_id: String,
    /// Which event of it.
    pub seq: u64,
    /// When that happened.
    pub event_at: String,
    /// How it stands.
    pub state: DeliveryState,
    /// Since when it waits, or waited.
    pub queued_at: String,
    /// How often it was tried.
    pub attempts: u32,
    /// It is not tried before, if it was refused.
    pub next_attempt_at: Option<String>,
    /// Why it was set aside: `refused`, `too_old`, `impossible`.
    pub parked_because: Option<&'static str>,
    /// What the last try brought.
    pub last_attempt: Option<AttemptRow>,
}

/// A try.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptRow {
    /// When it began.
    pub at: String,
    /// What was answered; null where nothing was.
    pub status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    pub text: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// A page of deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryPage {
    /// Those that wait in the order in which they go; others the newest first.
    pub items: Vec<DeliveryRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// How many deliveries are sent once more.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replay {
    /// So many.
    pub replayed: usize,
}

/// What came of a `ping`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pinged {
    /// Whether it was taken.
    pub delivered: bool,
    /// The try.
    pub attempt: AttemptRow,
}

/// Which webhook.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: handlers read the segment themselves")]
pub(super) struct WebhookPath {
    /// The webhook's id.
    #[param(min_length = 1, max_length = 64)]
    webhook_id: String,
}

/// Which delivery.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: handlers read the segments themselves")]
pub(super) struct DeliveryPath {
    /// The webhook's id.
    #[param(min_length = 1, max_length = 64)]
    webhook_id: String,
    /// The delivery's number.
    #[param(min_length = 1, max_length = 64)]
    number: String,
}

/// Which deliveries.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described: `Page` reads it")]
pub struct DeliveriesQuery {
    /// `waiting`, `parked` or `finished`: `parked` unless given.
    #[param(pattern = "^(waiting|parked|finished)$")]
    state: Option<String>,
    /// How many at most: 50 unless given, cut to 100.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// Where the page begins: `next` of the one before.
    #[param(pattern = "^[0-9a-f]{16}-[0-9a-f]{8}$")]
    cursor: Option<String>,
}

/// Null is said, and something else than nothing.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
