//! The console's JSON: what its routes and the agent protocol have in common, and each route's bodies. Fields that are not
//! known are ignored on the way in.

mod account;
mod audit;
mod cache;
mod canned;
pub(super) mod channel_account;
mod costs;
mod customer;
mod dashboard;
pub(super) mod dispatch;
mod file;
mod knowledge;
mod memory;
mod person;
mod privacy;
mod settings;
pub(super) mod signed_channel;
mod summary;
mod system;
mod tool;
mod unanswered;

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

pub(super) use account::{Account, LoggedIn, Login, Me};
pub(super) use audit::AuditRow;
pub(super) use cache::{CacheChannel, CacheQuery, CacheState};
pub(super) use canned::{Canned, CannedReply};
pub(super) use costs::{BudgetState, ChangeBudget, CostFigures, CostRow, CostSummary, ReachedRow};
pub(super) use customer::{ChangeCustomer, CustomerCard, Merge};
pub(super) use dashboard::{AgentFigures, ChannelRow, DashboardReport, DayRow, IntentRow, RatingFigures, Totals};
pub(super) use file::File;
pub(super) use knowledge::{
    Ask, ChunkRow, DocumentCounts, DocumentRow, EmbedderState, FaqRow, HitRow, Hits, KnowledgeLimits, KnowledgeStats,
    NewDocument, NewFaq, Range, TextOfDocument,
};
pub(super) use memory::{ChangeMemory, Forgotten, MemoryPath, MemoryRow, NewMemory};
pub(super) use person::{AgentRow, ChangeAgent, ChangeProfile, Colleague, Named, NamedTeam, NewAgent, NewTeam, Team};
pub(super) use privacy::{Erase, ErasureRow, HoldRow, PlaceHold, RetentionSettings};
pub(super) use settings::{AllSettings, Assistant};
pub(super) use summary::{CustomerName, Last, Summary, Target};
pub(super) use system::{ActorNode, ChannelWay, ParkedRow, QueueState, RestartRow, Sockets, StoreState, SystemState};
pub(super) use tool::{ChangeModel, HeaderName, HeaderWanted, Method, Model, Tool, ToolAnswer, ToolWanted, TryTool};
pub(super) use unanswered::{AskedRow, UnansweredRow, WriteAnswer};

/// `{"error": {"code", "message", "field"}, "request_id"}`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorEnvelope {
    pub error: Reason,
    pub request_id: String,
}

/// What was refused, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Reason {
    /// A word for programs.
    pub code: &'static str,
    /// A phrase for people.
    pub message: String,
    /// The field that is wrong, if one is.
    pub field: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listing<T> {
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Who has a session open.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Viewer {
    pub id: String,
    pub name: String,
    pub typing: bool,
}

/// `GET /sessions/:id`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionDetail {
    pub session: Summary,
    pub customer: CustomerCard,
    pub viewers: Vec<Viewer>,
}

/// `GET /sessions/:id/events`
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventPage {
    /// The events of the agent protocol, oldest first.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Box<serde_json::value::RawValue>>,
    /// Whether there is more in that direction.
    pub more: bool,
}

/// The variable segment of a path.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: handlers read the segment themselves")]
pub(super) struct IdPath {
    /// Its id.
    #[param(min_length = 1, max_length = 128)]
    pub id: String,
}

/// The page of a list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described: `decode::page` reads it")]
pub(super) struct PageQuery {
    /// How many at most: 50 unless given, cut to 100.
    #[param(minimum = 1)]
    pub limit: Option<u64>,
    /// Where the page begins: `next` of the one before.
    pub cursor: Option<String>,
}

/// What is said of a file whose bytes are the body.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described: `decode::knowledge::file` reads it")]
pub(super) struct FileQuery {
    /// What the file is called; its ending says what it is where the content type does not.
    #[param(max_length = 300)]
    pub file_name: Option<String>,
    /// Else as the file says, or is called.
    #[param(min_length = 1, max_length = 300)]
    pub title: Option<String>,
    /// Else as the file says.
    #[param(min_length = 1, max_length = 300)]
    pub author: Option<String>,
    /// How long a chunk is at most, in characters.
    #[param(minimum = 50, maximum = 8000)]
    pub chunk_chars: Option<u64>,
    /// How much of a chunk the next one may repeat; below `chunk_chars`.
    #[param(minimum = 0, maximum = 7999)]
    pub overlap_chars: Option<u64>,
}
