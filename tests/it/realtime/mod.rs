//! Live connections and the actors behind them, driven through real sockets.

mod bad_input;
mod conformance;
mod doors;
mod drain;
mod flood;
mod passivation;
mod poison;
mod protocol;
mod resume;
mod silence;
mod slow;
mod store_faults;
mod together;
mod voice;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use secrecy::SecretString;
use serde_json::{Value, json};
use switchboard::auth::{LoginAttempts, Passwords};
use switchboard::clock::{Clock, SharedClock, SystemClock};
use switchboard::domain::{CustomerId, Email, FullName, OrganizationId, Role, Timestamp};
use switchboard::engine::accounts::{Accounts, NewUser};
use switchboard::store::{Completions, Direction, FjallKv, KeyRange, Kv, Pair, Store, StoreError, StoreLimits, Write};
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::support::app::{API_KEY, PATIENCE, TestApp};
use crate::support::ws::Client;

const PASSWORD: &str = "Jane-password-1";

/// A client of the customer `user`, vouched for by a service, that resumes by position.
async fn follower(app: &TestApp, user: &str, session: &str, after: &str) -> Client {
    let path = format!("/ws?userId={user}&sessionId={session}&token={API_KEY}&after={after}");
    let mut client = Client::connect(app.ws_url(&path)).await;
    assert_eq!(client.next().await["type"], "connection_established");
    client
}

fn text(words: &str, id: &str) -> Value {
    json!({ "type": "text", "text": words, "id": id })
}

/// Sends a text and waits until it is durable.
async fn say(client: &mut Client, words: &str, id: &str) -> Value {
    client.send(text(words, id)).await;
    client.wait_for(|frame| frame["type"] == "ack" && frame["id"] == id).await
}

/// Every message frame of a session up to and with the one that says `last`.
async fn read_until(client: &mut Client, last: &str) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = client.next().await;
        let over = frame["text"] == last;
        if frame["seq"].is_u64() {
            frames.push(frame);
        }
        if over {
            return frames;
        }
    }
}

/// Posts over REST.
async fn post(app: &TestApp, user: &str, session: &str, words: &str, id: &str) -> (u16, Value) {
    let body = json!({ "message": { "text": words, "id": id }, "userId": user, "sessionId": session });
    let request = reqwest::Client::new().post(app.url("/api/core/messages")).header("X-API-Key", API_KEY).json(&body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Reads over REST.
async fn get(app: &TestApp, path: &str) -> (u16, Value) {
    let answer = reqwest::Client::new().get(app.url(path)).header("X-API-Key", API_KEY).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

/// The accounts of a running app. They hold its store: drop them before a restart.
async fn accounts(app: &TestApp, clock: SharedClock) -> Accounts {
    Accounts::new(app.store().clone(), clock, Passwords::new(1), LoginAttempts::off(), 3600).await.unwrap()
}

/// A token of the agent Jane Smith.
async fn agent_token(app: &TestApp) -> String {
    let accounts = accounts(app, Arc::new(SystemClock)).await;
    let email = "jane@example.com";
    let new = NewUser {
        organization: OrganizationId::default_organization(),
        email: Email::parse(email).unwrap(),
        username: None,
        password: SecretString::from(PASSWORD),
        name: FullName::parse_parts("Jane", "Smith").unwrap(),
        role: Role::Agent,
    };
    accounts.register(new, None).await.unwrap();
    let here = std::net::IpAddr::from([127, 0, 0, 1]);
    accounts.login(email, SecretString::from(PASSWORD), here).await.unwrap().issued.token
}

/// A token of a customer without an account.
async fn customer_token(app: &TestApp, user: &str) -> String {
    let accounts = accounts(app, Arc::new(SystemClock)).await;
    let customer = CustomerId::parse(user).unwrap();
    accounts.issue_customer_token(&OrganizationId::default_organization(), &customer).unwrap().token
}

/// A clock that stands still until it is moved, and counts how often it is asked.
#[derive(Debug)]
struct HandClock {
    now_ms: AtomicI64,
    asked: AtomicUsize,
    ask: Notify,
}

impl HandClock {
    fn new() -> Arc<Self> {
        let now_ms = SystemClock.now().as_ms();
        Arc::new(Self { now_ms: AtomicI64::new(now_ms), asked: AtomicUsize::new(0), ask: Notify::new() })
    }

    fn forward_ms(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Waits until somebody asks `times` more.
    async fn asked_again(&self, times: usize) {
        let until = self.asked.load(Ordering::SeqCst) + times;
        while self.asked.load(Ordering::SeqCst) < until {
            tokio::time::timeout(PATIENCE, self.ask.notified()).await.expect("somebody asks for the time");
        }
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.ask.notify_one();
        Timestamp::from_ms(self.now_ms.load(Ordering::SeqCst))
    }
}

/// A store that can be made to fail, and that counts how often sessions are loaded.
struct WatchedKv {
    inner: FjallKv,
    broken: AtomicBool,
    applied: AtomicUsize,
    loads: std::sync::Mutex<Vec<String>>,
    _data: TempDir,
}

impl WatchedKv {
    fn open() -> (Arc<Self>, (Store, Completions)) {
        let data = tempfile::tempdir().unwrap();
        let inner = FjallKv::open(&data.path().join("db")).unwrap();
        let watched = Arc::new(Self {
            inner,
            broken: AtomicBool::new(false),
            applied: AtomicUsize::new(0),
            loads: std::sync::Mutex::default(),
            _data: data,
        });
        let store = Store::over(Arc::clone(&watched) as Arc<dyn Kv>, StoreLimits::default()).unwrap();
        (watched, store)
    }

    /// How often a session's header was read.
    fn loads(&self, session: &str) -> usize {
        self.loads.lock().unwrap().iter().filter(|loaded| *loaded == session).count()
    }
}

impl Kv for WatchedKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(session) = key.strip_prefix(b"session/default/") {
            self.loads.lock().unwrap().push(String::from_utf8_lossy(session).into_owned());
        }
        self.inner.get(key)
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        self.inner.scan(range, limit, direction)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        self.inner.count(range, limit)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.applied.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::Backend("injected".to_owned()));
        }
        self.inner.apply(writes)
    }

    fn name(&self) -> &'static str {
        "watched"
    }
}
