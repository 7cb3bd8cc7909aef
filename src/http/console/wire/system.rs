//! What runs inside the process, and work that was set aside.

use serde::Serialize;
use utoipa::ToSchema;

/// `GET /system`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemState {
    pub version: &'static str,
    pub uptime_s: u64,
    pub store: StoreState,
    pub actors: ActorNode,
    pub queues: Vec<QueueState>,
    pub sockets: Sockets,
    pub restarts: Vec<RestartRow>,
    pub channels: Vec<ChannelWay>,
}

/// Everything durable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoreState {
    pub engine: &'static str,
    pub writable: bool,
}

/// Who is connected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sockets {
    /// Customers' connections, and requests that wait for an answer.
    pub customers: usize,
    /// The staff's connections by the agent protocol.
    pub agents: usize,
}

/// An actor, or something else that runs by itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(no_recursion)]
pub(crate) struct ActorNode {
    pub name: String,
    /// `supervisor`, `actor`, `task` or `thread`.
    pub kind: &'static str,
    /// `running` or `stopped`.
    pub state: &'static str,
    /// How often it started another one again.
    pub restarts: u32,
    /// What waits for it.
    pub depth: usize,
    #[schema(value_type = Vec<Object>)]
    pub children: Vec<ActorNode>,
    /// How many of its children are not listed one by one.
    pub more: usize,
}

/// How full a queue is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueState {
    pub name: &'static str,
    pub depth: usize,
    pub limit: usize,
}

/// Something that broke and was started again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RestartRow {
    pub actor: String,
    pub at: String,
    pub why: String,
}

/// How one way of one of our numbers or addresses does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelWay {
    /// `whatsapp`, `email`, `sms` or `webhook`.
    pub channel: &'static str,
    /// What the provider calls the number or address.
    pub account: String,
    /// `in`: from customers; `out`: to them.
    pub way: &'static str,
    /// `starting`, `working`, `failing` (it is tried again), `blocked` (somebody has to look at it) or `stopped`.
    pub state: &'static str,
    pub since: String,
    /// Failures in a row.
    pub failures: u32,
    /// What was wrong last, while it is.
    pub error: Option<String>,
    pub worked_at: Option<String>,
    /// When somebody was told of it, while it lasts and until it has worked for half an hour.
    pub alerted_at: Option<String>,
}

/// Work that was set aside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParkedRow {
    pub id: String,
    pub session: String,
    pub command: String,
    pub attempts: u32,
    pub at: String,
}
