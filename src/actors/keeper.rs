//! Keeps one actor running in each of its places: starts it, and starts it again when it ended, after a pause that grows with every
//! failure in a row.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SpawnErr, SupervisionEvent};

/// The longest pause before a restart, in milliseconds.
const RESTART_PAUSE_MAX_MS: u64 = 30_000;

/// What an actor must not lose when it breaks, and where it is found, also while it is started again.
pub(super) trait Place: Send + Sync + 'static {
    /// What all actors of the kind are given, besides the place of each.
    type Parts: Clone + Send + Sync + 'static;

    /// The kind of actor.
    type Actor: Actor<Arguments = (Self::Parts, Arc<Self>)>;

    /// The kind of actor, as a value.
    const ACTOR: Self::Actor;

    /// The pause before the first restart, in milliseconds; it doubles with each failure in a row.
    const RESTART_PAUSE_MS: u64;

    /// Whether an actor is to run here.
    fn is_needed(&self) -> bool;

    /// It runs.
    fn started(&self, actor: ActorRef<<Self::Actor as Actor>::Msg>);

    /// It runs no longer; gives how often that was so before, in a row.
    fn ended(&self) -> u32;

    /// It broke, before it [ended](Place::ended): that is noted.
    fn broke(&self, parts: &Self::Parts, why: &ActorProcessingErr);

    /// It could not be started: that is noted.
    fn does_not_start(&self, why: &SpawnErr);
}

/// The actor of this place is to be started.
#[derive(Debug)]
pub(super) struct Start<P>(pub Arc<P>);

/// See the module.
pub(super) struct Keeper<P>(PhantomData<P>);

/// The keeper's own.
pub(super) struct Kept<P: Place> {
    parts: P::Parts,
    places: HashMap<ActorId, Arc<P>>,
}

impl<P: Place> Keeper<P> {
    /// Starts a keeper that has no place yet.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) async fn start(parts: P::Parts) -> Result<ActorRef<Start<P>>, SpawnErr> {
        let (keeper, _) = Actor::spawn(None, Self(PhantomData), parts).await?;
        Ok(keeper)
    }
}

impl<P: Place> Actor for Keeper<P> {
    type Msg = Start<P>;
    type State = Kept<P>;
    type Arguments = P::Parts;

    async fn pre_start(&self, _: ActorRef<Start<P>>, parts: P::Parts) -> Result<Kept<P>, ActorProcessingErr> {
        Ok(Kept { parts, places: HashMap::new() })
    }

    async fn handle(
        &self,
        myself: ActorRef<Start<P>>,
        Start(place): Start<P>,
        kept: &mut Kept<P>,
    ) -> Result<(), ActorProcessingErr> {
        if !place.is_needed() {
            return Ok(());
        }
        let arguments = (kept.parts.clone(), Arc::clone(&place));
        match Actor::spawn_linked(None, P::ACTOR, arguments, myself.get_cell()).await {
            Ok((actor, _)) => {
                kept.places.insert(actor.get_id(), Arc::clone(&place));
                place.started(actor);
            }
            Err(error) => {
                place.does_not_start(&error);
                again(&myself, place);
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Start<P>>,
        event: SupervisionEvent,
        kept: &mut Kept<P>,
    ) -> Result<(), ActorProcessingErr> {
        let (who, why) = match &event {
            SupervisionEvent::ActorFailed(who, why) => (who, Some(why)),
            SupervisionEvent::ActorTerminated(who, ..) => (who, None),
            _ => return Ok(()),
        };
        if let Some(place) = kept.places.remove(&who.get_id()) {
            if let Some(why) = why {
                place.broke(&kept.parts, why);
            }
            again(&myself, place);
        }
        Ok(())
    }
}

fn again<P: Place>(keeper: &ActorRef<Start<P>>, place: Arc<P>) {
    let failures = place.ended();
    if !place.is_needed() {
        return;
    }
    let pause_ms = P::RESTART_PAUSE_MS.saturating_mul(1 << failures.min(16)).min(RESTART_PAUSE_MAX_MS);
    keeper.send_after(Duration::from_millis(pause_ms), move || Start(place));
}
