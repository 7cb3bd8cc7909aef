//! Async shells around the rules: supervisors, the session directory, session actors, alarms.
//!
//! Imports `domain`, `store`, `bus`, `assistant`. A session actor carries commands to the rules and their events to the
//! store; it awaits nothing slow or foreign. Commands wait in the session's [`cell::Cell`], outside the actor, so that a
//! panic or a stop loses none of them; the actor's own mailbox only rings the doorbell.
//! Deliberately absent: rules, rendering, a process-wide registry, and ractor's `OutputPort` (it skips on lag).

mod after_commit;
pub mod alarm;
pub mod cell;
mod condense;
pub mod desk;
pub mod directory;
mod drafting;
pub mod fences;
mod hand;
pub(crate) mod ids;
mod keeper;
pub(crate) mod load;
pub mod outbox;
mod park;
pub mod policies;
mod receipts;
pub mod recovery;
pub mod restarts;
mod session;
pub mod supervisor;
mod work;

use std::sync::Arc;

use ractor::Actor;

pub use directory::Directory;
pub use fences::{ERASING, Fence, Fences};
pub use policies::Policies;
pub use restarts::{Restart, Restarts};

use crate::assistant::Responder;
use crate::bus::Bus;
use crate::clock::SharedClock;
use crate::domain::{Command, Decision, Moment, Refusal, State};
use crate::store::Store;
use crate::telemetry::TurnMeters;

/// The rules as a session actor calls them; `domain::decide` outside of fault tests.
pub type Rules = fn(&State, &Command, Moment<'_>) -> Result<Decision, Refusal>;

/// Bounds of the actors.
#[derive(Debug, Clone)]
pub struct ActorLimits {
    /// Commands that may wait in one session.
    pub session_queue_max: usize,
    /// Commands that may wait in all sessions together.
    pub total_queue_max: usize,
    /// Commands that one durable batch of a session takes in.
    pub batch_max: usize,
    /// A session that nobody used for this long is stopped.
    pub idle_s: u64,
    /// Memory that live sessions may take together, in bytes; beyond it the longest idle ones are stopped.
    pub memory_max_bytes: usize,
    /// Supervisors that share the sessions.
    pub supervisors: usize,
    /// Tries of a command that breaks its session, before it is set aside.
    pub attempts_max: u32,
}

impl Default for ActorLimits {
    fn default() -> Self {
        Self {
            session_queue_max: 256,
            total_queue_max: 100_000,
            batch_max: 64,
            idle_s: 120,
            memory_max_bytes: 512 * 1024 * 1024,
            supervisors: 16,
            attempts_max: 3,
        }
    }
}

/// What every session actor is given.
#[derive(Clone)]
pub struct Parts {
    /// The truth.
    pub store: Store,
    /// Those who listen.
    pub bus: Arc<Bus>,
    /// The time.
    pub clock: SharedClock,
    /// How sessions are run.
    pub policies: Arc<Policies>,
    /// Who answers, if anybody does.
    pub responder: Option<Arc<dyn Responder>>,
    /// The rules.
    pub rules: Rules,
    /// Bounds.
    pub limits: ActorLimits,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Starts the actor tree and gives the one way in.
///
/// # Errors
/// When the root supervisor does not start.
pub async fn start(parts: Parts) -> Result<Arc<Directory>, ractor::SpawnErr> {
    let (directory, shards) = Directory::new(parts.limits.clone());
    let directory = Arc::new(directory);
    let turns = Arc::new(TurnMeters::registered());
    let (alarms, clock) = (alarm::start(), Arc::clone(&parts.clock));
    let (fences, way_in) = (Arc::clone(directory.fences()), Arc::downgrade(&directory));
    let shared = Arc::new(session::Shared { parts, alarms, directory: way_in, fences, turns });
    let (root, _) = Actor::spawn(None, supervisor::Root, supervisor::RootArguments { shared, shards }).await?;
    directory.adopt(root);
    directory::sweep_regularly(&directory, clock);
    Ok(directory)
}
