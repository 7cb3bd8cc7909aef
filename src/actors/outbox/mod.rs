//! The outbox: what is to be delivered outside, durable and in order. A [feeder] follows the feed and makes deliveries of
//! events for those who listen; one supervised actor per target, its [courier], sends them. Which goes next is decided
//! by [`Window`](crate::domain::outbox::Window); who listens and how it is sent is a [`Carrier`]'s matter, one per kind of target.
//!
//! All that a courier knows is on disk: one that broke begins anew, and sends at most again, under the same id, what was under
//! way. Deliberately absent: what is sent, and to which address.

mod courier;
mod feeder;
mod load;
mod post;
mod record;

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use foldhash::quality::RandomState;
use futures_util::future::BoxFuture;
use ractor::ActorRef;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::Directory;
use super::keeper::{Keeper, Start};
use crate::clock::SharedClock;
use crate::domain::outbox::{Attempt, Delivery, Pace, Stage, TargetKey, Via};
use crate::domain::{Event, OrganizationId, SessionId, SessionKey, Timestamp};
use crate::store::{Batch, CommitError, Logged, Store, StoreError, outbox};

pub use feeder::{Feeder, READER};
use post::Post;

/// What the couriers' supervisor is called where restarts are counted.
pub const SUPERVISOR: &str = "couriers";

/// How long what is under way may take to land when the process ends.
const DRAIN_WAIT: Duration = Duration::from_secs(5);

/// How often it is looked whether it has.
const DRAIN_LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long the end of the couriers may take.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// Rows of a target that is gone which are removed with one batch.
const PURGE_MAX_ROWS: usize = 256;

/// The most rows of a target that are counted: more are so many and more.
pub const COUNTED_MAX: usize = 10_000;

/// Whether a target is delivered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Open,
    /// Not now; what waits stays.
    Closed,
    /// There is none: what is left of it goes.
    Unknown,
}

/// Who sends to one kind of target. Reads may block.
pub trait Carrier: Send + Sync + 'static {
    /// To which kind.
    fn via(&self) -> Via;

    /// Who listens in an organization.
    ///
    /// # Errors
    /// When the store does not read.
    fn listeners(&self, organization: &OrganizationId) -> Result<Vec<Box<dyn Listener>>, StoreError>;

    /// Whether a target is delivered to.
    ///
    /// # Errors
    /// When the store does not read.
    fn standing(&self, target: &TargetKey) -> Result<Standing, StoreError>;

    /// Sends one. It bounds its own time and memory. What takes long before it can go is done beside it: the delivery is not
    /// yet to go then, and `again` tells when it is.
    fn send(&self, delivery: Delivery, again: Again) -> BoxFuture<'static, Attempt>;

    /// The target is not to be delivered to any more, and why.
    fn give_up(&self, target: TargetKey, why: &'static str) -> BoxFuture<'static, ()>;

    /// The process ends: what is done beside the deliveries ends at once.
    fn close(&self) {}
}

/// By which a delivery goes on that was not yet to go, before its wait is over.
#[derive(Debug, Clone)]
pub struct Again {
    post: Arc<Post>,
    session: SessionId,
}

impl Again {
    /// What it waits for has come. Where nobody hears it the delivery goes on when its wait is over.
    pub fn look(&self) {
        self.post.free(self.session.clone());
    }
}

/// Who hears of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The target.
    pub target: Uuid,
    /// What it calls the event.
    pub topic: &'static str,
}

/// Targets that listen.
pub trait Listener {
    /// Whether it listened when the entry at that position of the feed was written.
    fn listens_at(&self, position: u64) -> bool;

    /// Which target is to hear of an event, if one is. May read the store.
    ///
    /// # Errors
    /// When the store does not read.
    fn hears(&self, session: &SessionKey, logged: &Logged<Event>) -> Result<Option<Heard>, StoreError>;

    /// Refuses the batch where the target is not as it was read any more.
    fn expect(&self, batch: &mut Batch);
}

/// What every courier is given.
#[derive(Clone)]
pub struct CourierParts {
    /// The truth.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// Who sends, one of each kind.
    pub carriers: Arc<[Arc<dyn Carrier>]>,
    /// How quickly things are tried again.
    pub pace: Pace,
    /// Where restarts are noted.
    pub directory: Arc<Directory>,
}

/// See the module.
#[derive(Debug)]
pub struct Couriers {
    parts: CourierParts,
    posts: DashMap<TargetKey, Arc<Post>, RandomState>,
    supervisor: ActorRef<Start<Post>>,
}

/// How a courier stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourierState {
    /// Whose.
    pub target: TargetKey,
    /// Whether it runs: not while it is started again.
    pub runs: bool,
    /// Deliveries that are under way.
    pub flying: usize,
}

/// How much there is of a target's deliveries, each counted up to [`COUNTED_MAX`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Deliveries that wait.
    pub waiting: usize,
    /// Deliveries that were set aside.
    pub parked: usize,
    /// Since when the first one waits.
    pub oldest: Option<Timestamp>,
}

impl Couriers {
    /// Starts the supervisor. Couriers start when there is something for them; [`Couriers::open`] starts those that have something
    /// already.
    ///
    /// # Errors
    /// When the supervisor does not start.
    pub async fn start(parts: CourierParts) -> Result<Arc<Self>, ractor::SpawnErr> {
        let supervisor = Keeper::start(parts.clone()).await?;
        Ok(Arc::new(Self { parts, posts: DashMap::default(), supervisor }))
    }

    /// Starts the couriers of targets that have deliveries, after a restart, and removes what is left of targets that are gone.
    ///
    /// # Errors
    /// When the store does not read or write.
    pub async fn open(&self) -> Result<(), StoreError> {
        let (store, carriers) = (self.parts.store.clone(), Arc::clone(&self.parts.carriers));
        let standings = move || {
            let targets = outbox::targets(&store)?.into_iter();
            let standing = |(key, via): (TargetKey, Via)| {
                let carrier = carriers.iter().find(|carrier| carrier.via() == via);
                let standing = carrier.map_or(Ok(Standing::Closed), |carrier| carrier.standing(&key))?;
                Ok((key, via, standing))
            };
            targets.map(standing).collect::<Result<Vec<_>, StoreError>>()
        };
        for (key, via, standing) in blocking(standings).await? {
            match standing {
                Standing::Unknown => self.purge(&key).await?,
                Standing::Open | Standing::Closed => drop(self.post(&key, via)),
            }
        }
        Ok(())
    }

    /// There are new deliveries for a target.
    pub fn news(&self, target: &TargetKey, via: Via) {
        self.post(target, via).news();
    }

    /// A target was changed, or its deliveries were by somebody else: its courier looks at everything anew.
    pub fn look_again(&self, target: &TargetKey, via: Via) {
        self.post(target, via).look_again();
    }

    /// A target is gone: its courier ends, and its deliveries go.
    ///
    /// # Errors
    /// When the store does not read or write; the next start removes the rest.
    pub async fn forget(&self, target: &TargetKey) -> Result<(), StoreError> {
        if let Some((_, post)) = self.posts.remove(target) {
            post.end();
        }
        self.purge(target).await
    }

    /// How each courier stands.
    pub fn states(&self) -> Vec<CourierState> {
        self.posts.iter().map(|post| post.state()).collect()
    }

    /// How much there is of a target's deliveries. Reads the store.
    ///
    /// # Errors
    /// When the store does not read.
    pub fn depth(&self, target: &TargetKey) -> Result<Depth, StoreError> {
        let store = &self.parts.store;
        let waiting = outbox::count(store, target, Stage::Waiting, COUNTED_MAX)?;
        let parked = outbox::count(store, target, Stage::Parked, COUNTED_MAX)?;
        let first = outbox::waiting(store, target, None, 1)?.pop();
        Ok(Depth { waiting, parked, oldest: first.map(|first| first.record.queued_at) })
    }

    /// How much there is of all targets' together.
    ///
    /// # Errors
    /// When the store does not read.
    pub fn depths(&self) -> Result<Depth, StoreError> {
        let mut sum = Depth::default();
        let targets: Vec<TargetKey> = self.posts.iter().map(|post| post.target.clone()).collect();
        for target in targets {
            let Depth { waiting, parked, oldest } = self.depth(&target)?;
            sum.waiting += waiting;
            sum.parked += parked;
            sum.oldest = match (sum.oldest, oldest) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        Ok(sum)
    }

    /// Ends the couriers: nothing further is sent, and what is under way may land within [`DRAIN_WAIT`]. What does not is sent again after
    /// the next start, or is asked after.
    pub async fn close(&self) {
        let began = Instant::now();
        // All are told before the first one is waited for.
        self.posts.iter().for_each(|post| post.drain());
        self.parts.carriers.iter().for_each(|carrier| carrier.close());
        loop {
            sleep(DRAIN_LOOK_EVERY).await;
            if began.elapsed() >= DRAIN_WAIT || !self.posts.iter().any(|post| post.is_busy()) {
                break;
            }
        }
        if let Err(error) = self.supervisor.stop_and_wait(None, Some(CLOSE_WAIT)).await {
            tracing::warn!(%error, "the couriers did not end");
        }
    }

    async fn purge(&self, target: &TargetKey) -> Result<(), StoreError> {
        loop {
            let (store, key) = (self.parts.store.clone(), target.clone());
            let some = move || {
                let mut batch = Batch::default();
                outbox::remove(&store, &mut batch, &key, PURGE_MAX_ROWS).map(|count| (batch, count))
            };
            let (batch, count) = blocking(some).await?;
            match self.parts.store.commit(batch).await {
                Ok(()) if count < PURGE_MAX_ROWS => return Ok(()),
                // A courier wrote of one that was under way: it is read again.
                Ok(()) | Err(CommitError::Conflict { .. }) => {}
                Err(error @ (CommitError::Busy | CommitError::Unavailable)) => {
                    return Err(StoreError::Backend(error.to_string()));
                }
            }
        }
    }

    /// The post of a target; its courier is started with it.
    fn post(&self, target: &TargetKey, via: Via) -> Arc<Post> {
        if let Some(post) = self.posts.get(target) {
            return Arc::clone(&post);
        }
        let post = self.posts.entry(target.clone()).or_insert_with(|| {
            let post = Arc::new(Post::new(target.clone(), via));
            // The supervisor ends with the process only.
            drop(self.supervisor.cast(Start(Arc::clone(&post))));
            post
        });
        Arc::clone(&post)
    }
}

impl Drop for Couriers {
    fn drop(&mut self) {
        self.supervisor.stop(None);
    }
}

impl std::fmt::Debug for CourierParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CourierParts").finish_non_exhaustive()
    }
}

/// Reads where blocking harms nobody.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|_ended| Err(StoreError::Backend("a reading of the outbox broke".to_owned())))
}

#[cfg(test)]
mod tests;
