//! Couriers over a store of their own, with targets that do what a test wants.

use std::collections::HashMap;
use std::sync::Mutex;

use futures_util::FutureExt;
use tempfile::TempDir;
use tokio::sync::watch;

use super::*;
use crate::actors::{ActorLimits, Parts, Policies, start};
use crate::bus::Bus;
use crate::clock::{Clock, SystemClock};
use crate::domain::outbox::{Answered, Number, Outcome, Parking, TRIES_MAX};
use crate::domain::{Policy, SessionId, decide};
use crate::store::record::insert;
use crate::store::{StoreLimits, StoreUrl};

const PATIENCE: Duration = Duration::from_secs(20);

/// What a target does with its so many-th delivery.
type Does = fn(usize, &Delivery) -> Outcome;

/// Sends nowhere; each target does what it was made to.
struct Fake {
    targets: HashMap<Uuid, Does>,
    seen: Arc<Mutex<Vec<Delivery>>>,
    given_up: watch::Sender<Option<Uuid>>,
    count: watch::Sender<usize>,
    /// While it says so, nothing that is sent is answered.
    held: watch::Sender<bool>,
}

impl Carrier for Fake {
    fn via(&self) -> Via {
        Via::Webhook
    }

    fn listeners(&self, _: &OrganizationId) -> Result<Vec<Box<dyn Listener>>, StoreError> {
        Ok(Vec::new())
    }

    fn standing(&self, target: &TargetKey) -> Result<Standing, StoreError> {
        Ok(if self.targets.contains_key(&target.target) { Standing::Open } else { Standing::Unknown })
    }

    fn send(&self, delivery: Delivery, _: Again) -> BoxFuture<'static, Attempt> {
        let does = self.targets[&delivery.target];
        let (seen, count) = (Arc::clone(&self.seen), self.count.clone());
        let mut held = self.held.subscribe();
        async move {
            let tried = seen.lock().unwrap().iter().filter(|seen| seen.target == delivery.target).count();
            let outcome = does(tried, &delivery);
            seen.lock().unwrap().push(delivery);
            count.send_modify(|count| *count += 1);
            drop(held.wait_for(|held| !held).await);
            Attempt { outcome, answered: Answered::new(Timestamp::from_ms(0), 0, None, "said") }
        }
        .boxed()
    }

    fn give_up(&self, target: TargetKey, _: &'static str) -> BoxFuture<'static, ()> {
        self.given_up.send_replace(Some(target.target));
        std::future::ready(()).boxed()
    }
}

struct House {
    couriers: Arc<Couriers>,
    fake: Arc<Fake>,
    store: Store,
    _data: TempDir,
}

impl House {
    async fn open(targets: &[(Uuid, Does)]) -> Self {
        Self::refused_for(1, targets).await
    }

    /// What is refused waits for so long at first, in milliseconds.
    async fn refused_for(retry_first_ms: u64, targets: &[(Uuid, Does)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let url = StoreUrl::Fjall(data.path().join("db"));
        let (store, completions) = Store::open(&url, StoreLimits::default()).unwrap();
        tokio::spawn(completions.run());
        let clock: SharedClock = Arc::new(SystemClock);
        let parts = Parts {
            store: store.clone(),
            bus: Arc::new(Bus::default()),
            clock: Arc::clone(&clock),
            policies: Arc::new(Policies::new(store.clone(), Arc::new(Policy::default()))),
            responder: None,
            rules: decide,
            limits: ActorLimits { supervisors: 1, ..ActorLimits::default() },
        };
        let fake = Arc::new(Fake {
            targets: targets.iter().copied().collect(),
            seen: Arc::default(),
            given_up: watch::Sender::new(None),
            count: watch::Sender::new(0),
            held: watch::Sender::new(false),
        });
        let carriers: [Arc<dyn Carrier>; 1] = [fake.clone()];
        let couriers = Couriers::start(CourierParts {
            store: store.clone(),
            clock,
            carriers: Arc::new(carriers),
            pace: Pace { pause_min_ms: 1, pause_max_ms: 2, retry_first_ms },
            directory: start(parts).await.unwrap(),
        });
        Self { couriers: couriers.await.unwrap(), fake, store, _data: data }
    }

    /// So many deliveries of so many sessions.
    async fn put(&self, target: Uuid, positions: std::ops::Range<u64>, sessions: u64) {
        let mut batch = Batch::default();
        for position in positions {
            insert(&mut batch, &delivery(target, position, position % sessions)).unwrap();
        }
        self.store.commit(batch).await.unwrap();
        self.couriers.news(&key(target), Via::Webhook);
    }

    async fn depth(&self, target: Uuid, is_so: impl Fn(Depth) -> bool) {
        let reached = async {
            while !is_so(self.couriers.depth(&key(target)).unwrap()) {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, reached).await;
        assert!(waited.is_ok(), "{:?}", self.couriers.depth(&key(target)));
    }

    fn seen(&self, target: Uuid) -> Vec<Delivery> {
        let seen = self.fake.seen.lock().unwrap();
        seen.iter().filter(|seen| seen.target == target).cloned().collect()
    }
}

fn key(target: Uuid) -> TargetKey {
    TargetKey { organization: OrganizationId::default_organization(), target }
}

fn delivery(target: Uuid, position: u64, session: u64) -> Delivery {
    Delivery {
        organization: OrganizationId::default_organization(),
        target,
        via: Via::Webhook,
        number: Number { position, index: 0 },
        stage: Stage::Waiting,
        session: SessionId::parse(&format!("s{session}")).unwrap(),
        seq: position + 1,
        topic: "message.received".to_owned(),
        at: Timestamp::from_ms(0),
        queued_at: SystemClock.now(),
        attempts: 0,
        refusals: 0,
        not_before: None,
        last: None,
        parked: None,
    }
}

const ONE: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn takes(_: usize, _: &Delivery) -> Outcome {
    Outcome::Done
}

fn assert_in_order(seen: &[Delivery]) {
    let mut last: HashMap<&SessionId, Number> = HashMap::new();
    for delivery in seen {
        let before = last.insert(&delivery.session, delivery.number);
        assert!(before.is_none_or(|before| before < delivery.number), "{delivery:?} after {before:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_goes_once_and_each_session_in_order_and_the_newest_are_kept() {
    let house = House::open(&[(ONE, takes)]).await;
    house.put(ONE, 0..700, 40).await;
    house.put(ONE, 700..1_000, 40).await;
    house.depth(ONE, |depth| depth.waiting == 0).await;
    let seen = house.seen(ONE);
    assert_eq!(seen.len(), 1_000);
    assert_in_order(&seen);
    let kept = outbox::count(&house.store, &key(ONE), Stage::Finished, usize::MAX).unwrap();
    assert_eq!(kept, crate::domain::outbox::FINISHED_KEPT);
    assert_eq!(house.couriers.states(), [CourierState { target: key(ONE), runs: true, flying: 0 }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_breaks_its_sender_each_time_disturbs_no_other() {
    fn breaks(_: usize, _: &Delivery) -> Outcome {
        panic!("it breaks")
    }
    let house = House::refused_for(0, &[(ONE, breaks), (OTHER, takes)]).await;
    house.put(ONE, 0..3, 3).await;
    house.put(OTHER, 0..50, 5).await;
    house.depth(OTHER, |depth| depth.waiting == 0).await;
    assert_eq!(house.seen(OTHER).len(), 50);
    house.depth(ONE, |depth| depth.parked == 3).await;
    let parked = outbox::list(&house.store, &key(ONE), Stage::Parked, None, 10, crate::store::Direction::Forward);
    let parked = parked.unwrap().items;
    assert!(parked.iter().all(|parked| parked.record.parked == Some(Parking::Refused)));
    assert!(parked.iter().all(|parked| parked.record.attempts == TRIES_MAX));
    assert_eq!(house.couriers.depth(&key(ONE)).unwrap().waiting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_lands_before_the_couriers_end_and_nothing_else_goes() {
    let house = House::open(&[(ONE, takes)]).await;
    house.fake.held.send_replace(true);
    house.put(ONE, 0..3, 3).await;
    let mut count = house.fake.count.subscribe();
    tokio::time::timeout(PATIENCE, count.wait_for(|count| *count == 1)).await.unwrap().unwrap();
    // It is told before the try lands, as `close` does first of all.
    house.couriers.posts.iter().for_each(|post| post.drain());
    house.fake.held.send_replace(false);
    house.couriers.close().await;
    assert_eq!(house.seen(ONE).len(), 1, "a target is trusted with one at first");
    let finished = outbox::list(&house.store, &key(ONE), Stage::Finished, None, 10, crate::store::Direction::Forward);
    assert_eq!(finished.unwrap().items.len(), 1);
    assert_eq!(house.couriers.depth(&key(ONE)).unwrap().waiting, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_fails_now_and_then_gets_everything_once_it_works() {
    fn now_and_then(tried: usize, _: &Delivery) -> Outcome {
        if tried.is_multiple_of(3) { Outcome::Failing { after_s: None } } else { Outcome::Done }
    }
    let house = House::open(&[(ONE, now_and_then)]).await;
    house.put(ONE, 0..60, 6).await;
    house.depth(ONE, |depth| depth.waiting == 0).await;
    let finished = outbox::list(&house.store, &key(ONE), Stage::Finished, None, 100, crate::store::Direction::Forward);
    assert_eq!(finished.unwrap().items.len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_wants_nothing_any_more_is_given_up_and_what_waits_stays() {
    fn is_gone(_: usize, _: &Delivery) -> Outcome {
        Outcome::Gone
    }
    let house = House::open(&[(ONE, is_gone)]).await;
    house.put(ONE, 0..5, 5).await;
    let mut given_up = house.fake.given_up.subscribe();
    let told = tokio::time::timeout(PATIENCE, given_up.wait_for(|target| *target == Some(ONE))).await;
    assert!(told.is_ok());
    assert_eq!(house.couriers.depth(&key(ONE)).unwrap().waiting, 5);
    assert_eq!(house.seen(ONE).len(), 1, "it is asked once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_before_a_start_goes_and_what_is_left_of_a_target_that_is_gone_is_removed() {
    let house = House::open(&[(ONE, takes)]).await;
    let mut batch = Batch::default();
    for position in 0..10 {
        insert(&mut batch, &delivery(ONE, position, position)).unwrap();
        insert(&mut batch, &delivery(OTHER, position, position)).unwrap();
    }
    house.store.commit(batch).await.unwrap();
    house.couriers.open().await.unwrap();
    house.depth(ONE, |depth| depth.waiting == 0).await;
    assert_eq!(house.couriers.depth(&key(OTHER)).unwrap(), Depth::default());
    assert_eq!(house.couriers.states().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_forgotten_leaves_nothing() {
    fn stalls(_: usize, _: &Delivery) -> Outcome {
        Outcome::Throttled { after_s: Some(60) }
    }
    let house = House::open(&[(ONE, stalls)]).await;
    house.put(ONE, 0..600, 6).await;
    house.fake.count.subscribe().wait_for(|count| *count > 0).await.unwrap();
    house.couriers.forget(&key(ONE)).await.unwrap();
    assert_eq!((house.couriers.depth(&key(ONE)).unwrap(), house.couriers.states()), (Depth::default(), Vec::new()));
}
