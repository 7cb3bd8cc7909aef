//! Starts the desks, and starts one again that broke, after a pause that grows with every failure in a row.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::DeskParts;
use super::actor::DeskActor;
use super::room::Room;

/// The pause before the first restart, in milliseconds; it doubles with each failure in a row.
const RESTART_PAUSE_MS: u64 = 20;

/// The longest pause before a restart, in milliseconds.
const RESTART_PAUSE_MAX_MS: u64 = 30_000;

/// What it is called where restarts are counted.
pub const SUPERVISOR: &str = "desks";

/// The desk of this room is to be started.
pub(super) struct Start(pub Arc<Room>);

/// See the module.
pub(super) struct Supervisor;

/// The supervisor's own.
pub(super) struct Alive {
    parts: DeskParts,
    desks: HashMap<ActorId, Arc<Room>>,
}

impl Actor for Supervisor {
    type Msg = Start;
    type State = Alive;
    type Arguments = DeskParts;

    async fn pre_start(&self, _: ActorRef<Start>, parts: DeskParts) -> Result<Alive, ActorProcessingErr> {
        Ok(Alive { parts, desks: HashMap::new() })
    }

    async fn handle(
        &self,
        myself: ActorRef<Start>,
        Start(room): Start,
        alive: &mut Alive,
    ) -> Result<(), ActorProcessingErr> {
        let arguments = (alive.parts.clone(), Arc::clone(&room));
        match Actor::spawn_linked(None, DeskActor, arguments, myself.get_cell()).await {
            Ok((desk, _)) => {
                alive.desks.insert(desk.get_id(), Arc::clone(&room));
                room.set_actor(Some(desk));
            }
            Err(error) => {
                tracing::error!(organization = %room.organization, %error, "the desk does not start");
                again(&myself, room);
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Start>,
        event: SupervisionEvent,
        alive: &mut Alive,
    ) -> Result<(), ActorProcessingErr> {
        let ended = match &event {
            SupervisionEvent::ActorFailed(who, error) => {
                metrics::counter!("switchboard_desk_restarts_total").increment(1);
                tracing::error!(%error, "a desk broke; starting it again");
                let room = alive.desks.remove(&who.get_id());
                if let Some(room) = &room {
                    let (restarts, now) = (alive.parts.directory.restarts(), alive.parts.clock.now());
                    restarts.note_desk(SUPERVISOR, &room.organization, &error.to_string(), now);
                }
                room
            }
            SupervisionEvent::ActorTerminated(who, ..) => alive.desks.remove(&who.get_id()),
            _ => None,
        };
        if let Some(room) = ended {
            room.set_actor(None);
            again(&myself, room);
        }
        Ok(())
    }
}

fn again(supervisor: &ActorRef<Start>, room: Arc<Room>) {
    let failures = room.failed();
    let pause_ms = RESTART_PAUSE_MS.saturating_mul(1 << failures.min(16)).min(RESTART_PAUSE_MAX_MS);
    supervisor.send_after(Duration::from_millis(pause_ms), move || Start(room));
}
