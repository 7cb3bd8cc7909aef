//! A desk that breaks, and a desk that falls behind: it begins anew from the store, and nobody who waits is lost.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use futures_util::future::join_all;
use reqwest::Client as Http;
use serde_json::json;
use switchboard::app::World;
use switchboard::config::Provider;
use switchboard::domain::desk::Snapshot;
use switchboard::domain::text::BODY_MAX_BYTES;
use switchboard::domain::{Body, Channel, CustomerId, Draft, MessageId, Opening, Owner, Refusal, UserId, Visitor};
use switchboard::store::{Direction, KeyRange, Kv, Pair, Store, StoreError, StoreLimits, Write};
use tokio::sync::Notify;
use uuid::Uuid;

use super::person::{Person, asks_for_a_human, key, organization, owner};
use crate::support::app::TestApp;
use crate::support::kv::MemoryKv;
use crate::support::rest::{admin_token, send, set_desk};

/// More text than may wait for a desk, in messages of the largest size.
const FLOOD: usize = 64 * 1024 * 1024 / BODY_MAX_BYTES + 8;

/// Sessions that the flood is in.
const FLOODED: usize = 8;

/// A backend that breaks or stands still where a desk reads its organization's teams: in its actor when it is told of other
/// teams, and when it begins.
#[derive(Default)]
struct BrokenKv {
    inner: MemoryKv,
    panics: AtomicU32,
    closed: Mutex<bool>,
    opened: Condvar,
    reached: Notify,
}

impl BrokenKv {
    fn close(&self) {
        *self.closed.lock().unwrap() = true;
    }

    fn open(&self) {
        *self.closed.lock().unwrap() = false;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let left = self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(left.is_err(), "injected");
        let mut closed = self.closed.lock().unwrap();
        while *closed {
            self.reached.notify_one();
            closed = self.opened.wait(closed).unwrap();
        }
    }
}

impl Kv for BrokenKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        if matches!(&range.start, std::ops::Bound::Included(start) if start.starts_with(b"team/")) {
            self.pass();
        }
        self.inner.scan(range, limit, direction)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        self.inner.count(range, limit)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.inner.apply(writes)
    }

    fn name(&self) -> &'static str {
        "broken"
    }
}

/// An app without an assistant, over such a backend.
async fn app_over(kv: &Arc<BrokenKv>) -> TestApp {
    let store = Store::over(Arc::clone(kv) as Arc<dyn Kv>, StoreLimits::default()).unwrap();
    let world = World { store: Some(store), ..World::default() };
    TestApp::start_in_world(|config| config.assistant.provider = Provider::None, world).await
}

/// The desk as somebody sees it, once it is there.
async fn seen(app: &TestApp, user: UserId) -> Snapshot {
    loop {
        match app.desks().snapshot(&organization(), user).await {
            Ok(snapshot) => return snapshot,
            Err(Refusal::Unavailable { .. }) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    }
}

fn waiting(snapshot: &Snapshot) -> Vec<(&str, Option<UserId>)> {
    let offered_to = |case: &switchboard::domain::Case| case.service.offer.as_ref().map(|offer| offer.user);
    snapshot.queue.iter().map(|listed| (listed.case.key.session.as_str(), offered_to(&listed.case))).collect()
}

#[tokio::test]
async fn a_desk_that_breaks_begins_anew_and_nobody_who_waits_or_works_notices() {
    let kv = Arc::new(BrokenKv::default());
    let app = app_over(&kv).await;
    set_desk(&app, &json!({ "capacity": 1 })).await;
    let mut ann = Person::comes(app.desks(), 1).await;
    asks_for_a_human(&app, "s1").await;
    let epoch = ann.is_offered("s1").await;
    asks_for_a_human(&app, "s2").await;

    // Once at work, and twice at the next start.
    kv.panics.store(3, Ordering::SeqCst);
    assert_eq!(app.desks().teams_changed(&organization()).await, Err(Refusal::Unavailable { part: "desk" }));
    let anew = seen(&app, ann.user).await;
    assert_eq!(waiting(&anew), [("s1", Some(ann.user)), ("s2", None)]);
    assert_eq!(kv.panics.load(Ordering::SeqCst), 0);
    assert_eq!(ann.accepts(app.desks(), "s1", epoch).await, Ok(()), "the offer stands");
    let mut bob = Person::comes(app.desks(), 2).await;
    let epoch = bob.is_offered("s2").await;
    assert_eq!(bob.accepts(app.desks(), "s2", epoch).await, Ok(()));

    let request = Http::new().get(app.url("/api/console/system")).bearer_auth(admin_token(&app).await);
    let system = send(request).await.body;
    let desks = system["actors"]["children"].as_array().unwrap().iter().find(|child| child["name"] == "desks").unwrap();
    assert_eq!((&desks["restarts"], &desks["children"][0]["name"]), (&json!(3), &json!("desk/default")), "{system}");
    let broke = system["restarts"].as_array().unwrap().iter().filter(|row| row["actor"] == "desk/default").count();
    assert_eq!(broke, 3, "{system}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_desk_that_falls_behind_reads_the_store_anew_and_has_everybody() {
    let kv = Arc::new(BrokenKv::default());
    let app = app_over(&kv).await;
    set_desk(&app, &json!({ "capacity": 1 })).await;
    let mut ann = Person::comes(app.desks(), 1).await;
    asks_for_a_human(&app, "s1").await;
    let epoch = ann.is_offered("s1").await;
    ann.accepts(app.desks(), "s1", epoch).await.unwrap();
    asks_for_a_human(&app, "s2").await;

    kv.close();
    let desks = Arc::clone(app.desks());
    let asking = tokio::spawn(async move { desks.teams_changed(&organization()).await });
    kv.reached.notified().await;
    asks_for_a_human(&app, "s3").await;
    join_all((0..FLOODED).map(|n| floods(&app, n))).await;
    kv.open();
    assert_eq!(asking.await.unwrap(), Ok(()));
    // What the staff was told may have gaps, so each connection is told to look anew.
    while ann.outbox.take(&mut ann.heard).await.is_ok() {}
    let anew = seen(&app, ann.user).await;
    let names: Vec<&str> = waiting(&anew).into_iter().map(|(session, _)| session).collect();
    assert_eq!((anew.queue_total, &names[..2]), (2 + FLOODED, &["s2", "s3"][..]));
    assert_eq!(anew.mine.len(), 1);
    let mut bob = Person::comes(app.desks(), 2).await;
    let epoch = bob.is_offered("s2").await;
    bob.accepts(app.desks(), "s2", epoch).await.unwrap();
    assert!(matches!(owner(&app, "s2"), Owner::Human { user, .. } if user == bob.user));
    app.stop().await;
}

/// One session's part of the flood.
async fn floods(app: &TestApp, n: usize) {
    let customer = || Visitor::Customer(CustomerId::parse("jo").unwrap());
    let body = Body::parse("text", &"x".repeat(BODY_MAX_BYTES)).unwrap();
    for _ in 0..FLOOD / FLOODED + 1 {
        let opening = Opening { channel: Channel::Web, resume: None, language: None, name: None };
        let draft = Draft {
            id: MessageId(Uuid::now_v7()),
            body: body.clone(),
            client_id: None,
            metadata: None,
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        };
        app.sessions().post(&key(&format!("then{n}")), customer(), Some(opening), draft).await.unwrap();
    }
}
