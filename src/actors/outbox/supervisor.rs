//! Starts the couriers, and starts one again that broke, after a pause that grows with every failure in a row.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::CourierParts;
use super::courier::Courier;
use super::post::Post;

/// The pause before the first restart, in milliseconds; it doubles with each failure in a row.
const RESTART_PAUSE_MS: u64 = 100;

/// The longest pause before a restart, in milliseconds.
const RESTART_PAUSE_MAX_MS: u64 = 30_000;

/// What it is called where restarts are counted.
pub const SUPERVISOR: &str = "couriers";

/// The courier of this post is to be started.
#[derive(Debug)]
pub(super) struct Start(pub Arc<Post>);

/// See the module.
pub(super) struct Supervisor;

/// The supervisor's own.
pub(super) struct Alive {
    parts: CourierParts,
    couriers: HashMap<ActorId, Arc<Post>>,
}

impl Actor for Supervisor {
    type Msg = Start;
    type State = Alive;
    type Arguments = CourierParts;

    async fn pre_start(&self, _: ActorRef<Start>, parts: CourierParts) -> Result<Alive, ActorProcessingErr> {
        Ok(Alive { parts, couriers: HashMap::new() })
    }

    async fn handle(
        &self,
        myself: ActorRef<Start>,
        Start(post): Start,
        alive: &mut Alive,
    ) -> Result<(), ActorProcessingErr> {
        if post.has_ended() {
            return Ok(());
        }
        let arguments = (alive.parts.clone(), Arc::clone(&post));
        match Actor::spawn_linked(None, Courier, arguments, myself.get_cell()).await {
            Ok((courier, _)) => {
                alive.couriers.insert(courier.get_id(), Arc::clone(&post));
                post.set_actor(Some(courier.clone()));
                // What came before its address was known it was not told of.
                post.look_again();
            }
            Err(error) => {
                tracing::error!(organization = %post.target.organization, target = %post.target.target, %error, "a courier does not start");
                again(&myself, post);
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
                metrics::counter!("switchboard_outbox_restarts_total").increment(1);
                tracing::error!(%error, "a courier broke; starting it again");
                let post = alive.couriers.remove(&who.get_id());
                if let Some(post) = &post {
                    let (restarts, now) = (alive.parts.directory.restarts(), alive.parts.clock.now());
                    restarts.note_courier(SUPERVISOR, &post.target, &error.to_string(), now);
                }
                post
            }
            SupervisionEvent::ActorTerminated(who, ..) => alive.couriers.remove(&who.get_id()),
            _ => None,
        };
        if let Some(post) = ended {
            post.set_actor(None);
            again(&myself, post);
        }
        Ok(())
    }
}

fn again(supervisor: &ActorRef<Start>, post: Arc<Post>) {
    if post.has_ended() {
        return;
    }
    let failures = post.failed();
    let pause_ms = RESTART_PAUSE_MS.saturating_mul(1 << failures.min(16)).min(RESTART_PAUSE_MAX_MS);
    supervisor.send_after(Duration::from_millis(pause_ms), move || Start(post));
}
