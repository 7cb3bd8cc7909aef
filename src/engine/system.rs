//! What runs inside this process: the actor tree, how deep queues are, what broke and was started again. For administrators.

use std::sync::Arc;

use crate::actors::Directory;
use crate::actors::desk::{ASKS_MAX, DeskState, Desks, SUPERVISOR};
use crate::actors::directory::Supervised;
use crate::actors::outbox::{self, CourierState, Couriers};
use crate::actors::supervisor::{ROOT, supervisor};
use crate::auth::Caller;
use crate::bus::Bus;
use crate::clock::SharedClock;
use crate::domain::{Channel, Timestamp};
use crate::engine::analytics::{Analytics, Following};
use crate::engine::channels::outward::{ChannelState, ChannelStates, SeenWay};
use crate::store::{Store, StoreHealth, StoreLimits};

pub use crate::actors::Restart;

/// The most desks, and the most couriers, that are listed one by one.
const LISTED_MAX: usize = 100;

/// See the module.
#[derive(Clone)]
pub struct System {
    directory: Arc<Directory>,
    desks: Arc<Desks>,
    couriers: Option<Arc<Couriers>>,
    channels: Option<Arc<ChannelStates>>,
    analytics: Analytics,
    bus: Arc<Bus>,
    store: Store,
    clock: SharedClock,
    started_at: Timestamp,
}

/// How things stand.
#[derive(Debug, Clone)]
pub struct Report {
    /// Since when the process runs, in seconds.
    pub uptime_s: u64,
    /// The store's backend.
    pub engine: &'static str,
    /// Whether it takes writes.
    pub writable: bool,
    /// The actors.
    pub actors: Node,
    /// Queues.
    pub queues: Vec<QueueDepth>,
    /// Queues that somebody reads: sockets, and requests that wait for an answer.
    pub readers: usize,
    /// The newest restarts, newest first.
    pub restarts: Vec<Restart>,
    /// How the channels do that others run.
    pub channels: Vec<ChannelState>,
}

/// An actor, or something else that runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What kind of thing it is.
    pub kind: &'static str,
    /// Whether it runs.
    pub runs: bool,
    /// How often it started another one again.
    pub restarts: u32,
    /// What waits for it.
    pub depth: usize,
    /// Those that it looks after.
    pub children: Vec<Node>,
    /// How many of them are not listed one by one.
    pub more: usize,
}

/// How full a queue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepth {
    /// Which.
    pub name: &'static str,
    /// What waits in it.
    pub depth: usize,
    /// How much may.
    pub limit: usize,
}

impl System {
    /// Wires the service. The process began now.
    pub fn new(
        directory: Arc<Directory>,
        desks: Arc<Desks>,
        analytics: Analytics,
        bus: Arc<Bus>,
        store: Store,
        clock: SharedClock,
    ) -> Self {
        let started_at = clock.now();
        Self { directory, desks, couriers: None, channels: None, analytics, bus, store, clock, started_at }
    }

    /// With those who deliver outside.
    #[must_use]
    pub fn with_couriers(self, couriers: Arc<Couriers>) -> Self {
        Self { couriers: Some(couriers), ..self }
    }

    /// With the channels that others run.
    #[must_use]
    pub fn with_channels(self, channels: Arc<ChannelStates>) -> Self {
        Self { channels: Some(channels), ..self }
    }

    /// How things stand now. Only who looks after the platform sees other organizations' sessions and desks.
    pub fn report(&self, caller: &Caller) -> Report {
        let desks = self.desks.states();
        let fullest = desks.iter().map(|desk| desk.asks).max().unwrap_or_default();
        let queues = vec![
            QueueDepth { name: "commands", depth: self.directory.waiting(), limit: self.directory.waiting_max() },
            QueueDepth { name: "commits", depth: self.store.depth(), limit: StoreLimits::default().queue_max_batches },
            QueueDepth { name: "desk", depth: fullest, limit: ASKS_MAX },
        ];
        Report {
            uptime_s: self.clock.now().since_ms(self.started_at) / 1_000,
            engine: self.store.backend(),
            writable: self.writable(),
            actors: self.tree(caller, desks),
            queues,
            readers: self.bus.readers(),
            restarts: self.restarts(caller),
            channels: self.channels(caller),
        }
    }

    /// Whether a channel that others run does well; nothing where nothing is known of it.
    pub fn is_well(&self, channel: Channel) -> Option<bool> {
        self.channels.as_ref()?.are_well(channel)
    }

    /// How the channels do: each account of theirs for administrators, the worst of each channel's ways for anybody else.
    pub fn ways(&self, caller: Option<&Caller>) -> Vec<SeenWay> {
        match caller.filter(|caller| caller.is_admin()) {
            Some(caller) => self.channels(caller).iter().map(SeenWay::in_full).collect(),
            None => SeenWay::worst(&self.channels.as_ref().map_or_else(Vec::new, |channels| channels.all())),
        }
    }

    fn channels(&self, caller: &Caller) -> Vec<ChannelState> {
        let all = self.channels.as_ref().map_or_else(Vec::new, |channels| channels.all());
        let seen =
            |state: &ChannelState| caller.is_platform_admin() || state.account.organization == caller.organization;
        all.into_iter().filter(seen).collect()
    }

    /// Sessions are counted, not listed: there may be very many.
    fn tree(&self, caller: &Caller, desks: Vec<DeskState>) -> Node {
        let restarts = self.directory.restarts();
        let shard = |(place, shard): (usize, Supervised)| {
            let name = supervisor(place);
            Node {
                restarts: restarts.count(&name),
                depth: shard.waiting,
                more: shard.sessions,
                ..Node::plain(name, "supervisor", shard.runs)
            }
        };
        let mut children: Vec<Node> = self.directory.by_supervisor().into_iter().enumerate().map(shard).collect();
        let committer = Node::plain("committer".to_owned(), "thread", self.writable());
        children.push(Node { depth: self.store.depth(), ..committer });
        children.push(self.desks(caller, desks));
        children.push(self.couriers(caller));
        let Following { runs, retries, behind } = self.analytics.following();
        let depth = usize::try_from(behind).unwrap_or(usize::MAX);
        children.push(Node { restarts: retries, depth, ..Node::plain("analytics".to_owned(), "task", runs) });
        let root = Node::plain(ROOT.to_owned(), "supervisor", self.directory.is_open());
        Node { restarts: restarts.count(ROOT), children, ..root }
    }

    /// The caller's own desk, or some of all; the others are counted.
    fn desks(&self, caller: &Caller, desks: Vec<DeskState>) -> Node {
        let (depth, all) = (desks.iter().map(|desk| desk.asks).sum(), desks.len());
        let seen = |desk: &DeskState| caller.is_platform_admin() || desk.organization == caller.organization;
        let listed = desks.into_iter().filter(seen).take(LISTED_MAX).map(|desk| {
            let plain = Node::plain(format!("desk/{}", desk.organization), "actor", desk.runs);
            Node { depth: desk.asks + desk.orders, ..plain }
        });
        let children: Vec<Node> = listed.collect();
        let (more, restarts) = (all - children.len(), self.directory.restarts().count(SUPERVISOR));
        Node {
            restarts,
            depth,
            children,
            more,
            ..Node::plain(SUPERVISOR.to_owned(), "supervisor", self.directory.is_open())
        }
    }

    /// The couriers of the caller's own targets, or some of all; the others are counted. What they have under way is their depth.
    fn couriers(&self, caller: &Caller) -> Node {
        let states = self.couriers.as_ref().map_or_else(Vec::new, |couriers| couriers.states());
        let (depth, all) = (states.iter().map(|courier| courier.flying).sum(), states.len());
        let seen =
            |courier: &CourierState| caller.is_platform_admin() || courier.target.organization == caller.organization;
        let listed = states.into_iter().filter(seen).take(LISTED_MAX).map(|courier| {
            let name = format!("courier/{}", courier.target.target);
            Node { depth: courier.flying, ..Node::plain(name, "actor", courier.runs) }
        });
        let children: Vec<Node> = listed.collect();
        let (more, restarts) = (all - children.len(), self.directory.restarts().count(outbox::SUPERVISOR));
        let plain = Node::plain(outbox::SUPERVISOR.to_owned(), "supervisor", self.directory.is_open());
        Node { restarts, depth, children, more, ..plain }
    }

    fn restarts(&self, caller: &Caller) -> Vec<Restart> {
        let newest = self.directory.restarts().newest();
        if caller.is_platform_admin() {
            return newest;
        }
        newest.into_iter().map(|restart| restart.as_seen_in(&caller.organization)).collect()
    }

    fn writable(&self) -> bool {
        self.store.health() == StoreHealth::Writable
    }
}

impl Node {
    const fn plain(name: String, kind: &'static str, runs: bool) -> Self {
        Self { name, kind, runs, restarts: 0, depth: 0, children: Vec::new(), more: 0 }
    }
}

impl std::fmt::Debug for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("System").field("started_at", &self.started_at).finish_non_exhaustive()
    }
}
