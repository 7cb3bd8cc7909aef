//! The supervisors. The root starts and restarts the shards; each shard starts its sessions' actors and restarts one that
//! broke, after a pause that grows with every failure in a row.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::cell::{After, Cell};
use super::directory::Shards;
use super::session::{SessionActor, Shared};
use crate::domain::Refusal;

/// The pause before the first restart; it doubles with each failure in a row.
const RESTART_PAUSE_MS: u64 = 10;

/// The longest pause before a restart.
const RESTART_PAUSE_MAX_MS: u64 = 10_000;

/// Failures in a row after which what waits is refused: the session can not be brought up at all.
const FAILURES_MAX: u32 = 8;

/// The root's name among those that start others again.
pub const ROOT: &str = "root";

/// What a shard is asked.
#[derive(Debug)]
pub struct Start(pub Arc<Cell>);

/// The root supervisor.
pub(super) struct Root;

/// What the root starts with.
pub(super) struct RootArguments {
    /// For the sessions.
    pub shared: Arc<Shared>,
    /// Where the shards are made known.
    pub shards: Arc<Shards>,
}

/// The root's own: which shard is which.
pub(super) struct RootState {
    arguments: RootArguments,
    places: HashMap<ActorId, usize>,
}

impl RootState {
    async fn start_shard(&mut self, place: usize, root: &ActorRef<()>) -> Result<(), ActorProcessingErr> {
        let arguments = (place, Arc::clone(&self.arguments.shared));
        let (shard, _) = Actor::spawn_linked(None, Shard, arguments, root.get_cell()).await?;
        self.places.insert(shard.get_id(), place);
        self.arguments.shards.set(place, shard);
        Ok(())
    }
}

impl Actor for Root {
    type Msg = ();
    type State = RootState;
    type Arguments = RootArguments;

    async fn pre_start(&self, myself: ActorRef<()>, arguments: RootArguments) -> Result<RootState, ActorProcessingErr> {
        let count = arguments.shards.count();
        let mut state = RootState { arguments, places: HashMap::new() };
        for place in 0..count {
            state.start_shard(place, &myself).await?;
        }
        Ok(state)
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<()>,
        event: SupervisionEvent,
        state: &mut RootState,
    ) -> Result<(), ActorProcessingErr> {
        let (ended, why) = match event {
            SupervisionEvent::ActorFailed(shard, error) => {
                tracing::error!(%error, "session supervisor broke; starting it again");
                (state.places.remove(&shard.get_id()), error.to_string())
            }
            SupervisionEvent::ActorTerminated(shard, ..) => {
                (state.places.remove(&shard.get_id()), "it ended".to_owned())
            }
            _ => (None, String::new()),
        };
        if let Some(place) = ended {
            let shared = &state.arguments.shared;
            let directory = shared.directory.upgrade();
            if let Some(directory) = &directory {
                directory.restarts().note_shared(ROOT, supervisor(place), &why, shared.parts.clock.now());
            }
            let lost = directory.as_ref().map(|directory| directory.lost(place)).unwrap_or_default();
            state.start_shard(place, &myself).await?;
            if let Some(directory) = directory {
                directory.start_again(lost);
            }
        }
        Ok(())
    }
}

/// Supervises a share of the sessions.
pub(super) struct Shard;

/// A shard's own: who is alive.
pub(super) struct ShardState {
    place: usize,
    shared: Arc<Shared>,
    alive: HashMap<ActorId, Arc<Cell>>,
}

impl Actor for Shard {
    type Msg = Start;
    type State = ShardState;
    type Arguments = (usize, Arc<Shared>);

    async fn pre_start(
        &self,
        _: ActorRef<Start>,
        (place, shared): Self::Arguments,
    ) -> Result<ShardState, ActorProcessingErr> {
        Ok(ShardState { place, shared, alive: HashMap::new() })
    }

    async fn handle(
        &self,
        myself: ActorRef<Start>,
        Start(cell): Start,
        state: &mut ShardState,
    ) -> Result<(), ActorProcessingErr> {
        if !cell.awaits_actor() {
            return Ok(());
        }
        let arguments = (Arc::clone(&state.shared), Arc::clone(&cell));
        match Actor::spawn_linked(None, SessionActor, arguments, myself.get_cell()).await {
            Ok((actor, _)) => {
                state.alive.insert(actor.get_id(), Arc::clone(&cell));
                cell.started(actor);
            }
            Err(error) => {
                tracing::error!(session = ?cell.key, %error, "session actor does not start");
                cell.give_up(&Refusal::Busy);
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Start>,
        event: SupervisionEvent,
        state: &mut ShardState,
    ) -> Result<(), ActorProcessingErr> {
        let after = match &event {
            SupervisionEvent::ActorTerminated(who, _, _) => {
                state.alive.remove(&who.get_id()).map(|cell| (cell.stopped(), cell))
            }
            SupervisionEvent::ActorFailed(who, error) => state.alive.remove(&who.get_id()).map(|cell| {
                metrics::counter!("switchboard_session_restarts_total").increment(1);
                tracing::error!(session = ?cell.key, %error, "session broke; starting it again");
                if let Some(directory) = state.shared.directory.upgrade() {
                    let (of, now) = (supervisor(state.place), state.shared.parts.clock.now());
                    directory.restarts().note_session(&of, &cell.key, &error.to_string(), now);
                }
                (cell.broke(), cell)
            }),
            _ => None,
        };
        if let Some((after, cell)) = after {
            go_on(&myself, state, after, cell);
        }
        Ok(())
    }
}

fn go_on(shard: &ActorRef<Start>, state: &ShardState, after: After, cell: Arc<Cell>) {
    match after {
        After::Forget => {
            if let Some(directory) = state.shared.directory.upgrade() {
                directory.forget(&cell);
            }
        }
        After::Start => drop(shard.cast(Start(cell))),
        After::StartAfter(failures) => {
            if failures > FAILURES_MAX {
                cell.give_up(&Refusal::Unavailable { part: "session" });
                return;
            }
            let pause = RESTART_PAUSE_MS.saturating_mul(1 << failures.min(16)).min(RESTART_PAUSE_MAX_MS);
            shard.send_after(Duration::from_millis(pause), move || Start(cell));
        }
    }
}

/// A supervisor's name.
pub fn supervisor(place: usize) -> String {
    format!("sessions/{place}")
}
