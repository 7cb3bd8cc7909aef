//! The desks: one supervised actor per organization that has sessions which wait for people or are had by some, or people at
//! work. It is a thin shell around [`crate::domain::desk::Board`]: it hears of every commit of its organization, lets the board
//! decide, and sends its orders to the sessions, whose answers come back behind what they committed.
//!
//! What an actor must not lose when it breaks is kept in its organization's room: who is connected, and which orders are not
//! answered. Everything else is read from the store again. An actor that fell behind the bus begins anew in the same way.

mod actor;
mod attendance;
mod commands;
mod duty;
mod hook;
mod message;
mod reload;
mod room;
mod tell;

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use foldhash::quality::RandomState;
use ractor::ActorRef;
use tokio::sync::{mpsc, watch};

use super::Directory;
use super::keeper::{Keeper, Start};
use super::policies::Policies;
use crate::bus::{Bus, OutboxLimits};
use crate::clock::SharedClock;
use crate::domain::desk::event::TeamId;
use crate::domain::{OrganizationId, UserId};
use crate::store::Store;

pub use attendance::Attendance;
pub use hook::HookConfig;

pub use crate::domain::desk::board::Insistence;
use room::Room;

/// What their supervisor is called where restarts are counted.
pub const SUPERVISOR: &str = "desks";

/// How much may wait for a desk before it begins anew from the store. Entries are shared, so this is what they count for.
const OUTBOX: OutboxLimits = OutboxLimits { items_max: 65_536, bytes_max: 64 * 1024 * 1024 };

/// Connections of people in one organization.
const CONNECTIONS_MAX: usize = 4_096;

/// Questions that may wait for one desk.
pub const ASKS_MAX: usize = 4_096;

/// How long a question waits for a desk that is being started.
const START_WAIT: Duration = Duration::from_secs(5);

/// How long the end of the desks may take.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// To whom a session is to be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// A person.
    Agent(UserId),
    /// A team.
    Team(TeamId),
}

/// What every desk is given.
#[derive(Clone)]
pub struct DeskParts {
    /// The truth.
    pub store: Store,
    /// Where it hears of commits, and tells the staff.
    pub bus: Arc<Bus>,
    /// The time.
    pub clock: SharedClock,
    /// How organizations want their desks run.
    pub policies: Arc<Policies>,
    /// The way to sessions.
    pub directory: Arc<Directory>,
    /// How organizations' own services are asked.
    pub hook: HookConfig,
}

/// See the module.
#[derive(Debug)]
pub struct Desks {
    parts: DeskParts,
    rooms: DashMap<OrganizationId, Arc<Room>, RandomState>,
    supervisor: ActorRef<Start<Room>>,
}

/// How an organization's desk stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskState {
    /// Whose.
    pub organization: OrganizationId,
    /// Whether it runs: not while it is started again.
    pub runs: bool,
    /// Questions that wait for it.
    pub asks: usize,
    /// Orders and questions of its own that are not answered yet.
    pub orders: usize,
}

/// How much waits, in all organizations together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Sessions in queues.
    pub sessions: usize,
    /// How long the one waits that waits longest, in seconds.
    pub longest_s: u64,
}

impl Desks {
    /// Starts the supervisor. Desks start when they are needed; [`Desks::open`] starts those that are needed already.
    ///
    /// # Errors
    /// When the supervisor does not start.
    pub async fn start(parts: DeskParts) -> Result<Arc<Self>, ractor::SpawnErr> {
        let supervisor = Keeper::start(parts.clone()).await?;
        Ok(Arc::new(Self { parts, rooms: DashMap::default(), supervisor }))
    }

    /// Starts the desks that have something to do after a restart, then those of organizations whose first session comes to
    /// people, until `stopping` says so.
    pub async fn open(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let unattended = self.parts.bus.unattended();
        tokio::select! {
            () = self.run(unattended) => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
    }

    async fn run(&self, mut unattended: mpsc::Receiver<OrganizationId>) {
        let store = self.parts.store.clone();
        let busy = tokio::task::spawn_blocking(move || reload::organizations(&store)).await;
        match busy {
            Ok(Ok(organizations)) => organizations.iter().for_each(|organization| drop(self.room(organization))),
            Ok(Err(error)) => tracing::error!(%error, "the desks can not be looked for"),
            Err(_ended) => {}
        }
        while let Some(organization) = unattended.recv().await {
            self.room(&organization);
        }
    }

    /// Ends the desks: nobody is offered anything any more.
    pub async fn close(&self) {
        if let Err(error) = self.supervisor.stop_and_wait(None, Some(CLOSE_WAIT)).await {
            tracing::warn!(%error, "the desks did not end");
        }
    }

    /// How much waits now.
    pub fn waiting(&self) -> Waiting {
        let now = self.parts.clock.now();
        self.rooms.iter().fold(Waiting::default(), |sum, room| {
            let (sessions, longest_s) = room.waiting(now);
            Waiting { sessions: sum.sessions + sessions, longest_s: sum.longest_s.max(longest_s) }
        })
    }

    /// How many desks there are.
    pub fn count(&self) -> usize {
        self.rooms.len()
    }

    /// How each of them stands.
    pub fn states(&self) -> Vec<DeskState> {
        self.rooms.iter().map(|room| room.state()).collect()
    }

    /// The room of an organization; its desk is started with it.
    fn room(&self, organization: &OrganizationId) -> Arc<Room> {
        if let Some(room) = self.rooms.get(organization) {
            return Arc::clone(&room);
        }
        let room = self.rooms.entry(organization.clone()).or_insert_with(|| {
            let room = Arc::new(Room::new(organization.clone()));
            // The supervisor ends with the process only.
            drop(self.supervisor.cast(Start(Arc::clone(&room))));
            room
        });
        Arc::clone(&room)
    }
}

impl Drop for Desks {
    fn drop(&mut self) {
        self.supervisor.stop(None);
    }
}

impl std::fmt::Debug for DeskParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeskParts").finish_non_exhaustive()
    }
}
