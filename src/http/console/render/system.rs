//! What runs inside the process, as JSON.

use super::super::wire::{ActorNode, ChannelWay, ParkedRow, QueueState, RestartRow, Sockets, StoreState, SystemState};
use crate::engine::channels::outward::ChannelState;
use crate::engine::sessions::Parked;
use crate::engine::system::{Node, QueueDepth, Report, Restart};

/// How things stand; `agents` are the staff's sockets.
pub(in crate::http::console) fn state(report: &Report, agents: usize) -> SystemState {
    SystemState {
        version: env!("CARGO_PKG_VERSION"),
        uptime_s: report.uptime_s,
        store: StoreState { engine: report.engine, writable: report.writable },
        actors: node(&report.actors),
        queues: report.queues.iter().map(queue).collect(),
        sockets: Sockets { customers: report.readers.saturating_sub(agents), agents },
        restarts: report.restarts.iter().map(restart).collect(),
        channels: report.channels.iter().map(channel).collect(),
    }
}

/// Work that was set aside.
pub(in crate::http::console) fn parked(parked: &Parked) -> ParkedRow {
    ParkedRow {
        id: parked.id.to_string(),
        session: parked.key.session.to_string(),
        command: parked.command.clone(),
        attempts: parked.attempts,
        at: parked.at.to_string(),
    }
}

fn node(of: &Node) -> ActorNode {
    ActorNode {
        name: of.name.clone(),
        kind: of.kind,
        state: if of.runs { "running" } else { "stopped" },
        restarts: of.restarts,
        depth: of.depth,
        children: of.children.iter().map(node).collect(),
        more: of.more,
    }
}

fn channel(state: &ChannelState) -> ChannelWay {
    ChannelWay {
        channel: state.account.channel.as_str(),
        account: state.account.name.clone(),
        way: state.way.as_str(),
        state: state.condition.as_str(),
        since: state.since.to_string(),
        failures: state.failures,
        error: state.error.clone(),
        worked_at: state.worked_at.map(|at| at.to_string()),
        alerted_at: state.alerted_at.map(|at| at.to_string()),
    }
}

fn queue(queue: &QueueDepth) -> QueueState {
    QueueState { name: queue.name, depth: queue.depth, limit: queue.limit }
}

fn restart(restart: &Restart) -> RestartRow {
    RestartRow { actor: restart.actor.clone(), at: restart.at.to_string(), why: restart.why.clone() }
}
