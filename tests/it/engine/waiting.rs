//! A caller that waits for the end of its message's turn.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use switchboard::actors::{self, ActorLimits, Parts, Policies};
use switchboard::assistant::{Delta, Responder, Turn};
use switchboard::bus::{Bus, Committed, Entry, OutboxLimits};
use switchboard::clock::{SharedClock, SystemClock};
use switchboard::domain::event::TurnOutcome;
use switchboard::domain::{
    Action, Answer, Body, Channel, ClientMessageId, CustomerId, Draft, Event, MessageId, Opening, OrganizationId,
    Policy, Reading, SessionId, SessionKey, Timestamp, Visitor, decide,
};
use switchboard::engine::Sessions;
use switchboard::engine::sessions::Answered;
use switchboard::store::{Store, StoreLimits, StoreUrl};
use tempfile::TempDir;
use tokio::sync::Semaphore;

/// Answers each turn once the test says so.
struct Gated(Arc<Semaphore>);

impl Responder for Gated {
    fn reply(&self, turn: Turn) -> BoxStream<'static, Delta> {
        let gate = Arc::clone(&self.0);
        let text = format!("read {}", turn.messages.len());
        let answer = Answer {
            text,
            reading: Reading { confidence: 1.0, ..Reading::default() },
            sources: Vec::new(),
            cached: false,
        };
        let done = async move {
            drop(gate.acquire().await);
            Delta::Done(Ok(Action::Reply(answer)))
        };
        futures_util::stream::once(done).boxed()
    }

    fn name(&self) -> &'static str {
        "gated"
    }
}

struct Engine {
    sessions: Sessions,
    bus: Arc<Bus>,
    gate: Arc<Semaphore>,
    _data: TempDir,
}

async fn engine() -> Engine {
    let data = tempfile::tempdir().unwrap();
    let url = StoreUrl::Fjall(data.path().join("db"));
    let (store, completions) = Store::open(&url, StoreLimits::default()).unwrap();
    tokio::spawn(completions.run());
    let bus = Arc::new(Bus::default());
    let policy = Arc::new(Policy { quiet_ms: 0, ..Policy::default() });
    let policies = Arc::new(Policies::new(store.clone(), policy));
    let clock: SharedClock = Arc::new(SystemClock);
    let gate = Arc::new(Semaphore::new(0));
    let parts = Parts {
        store: store.clone(),
        bus: Arc::clone(&bus),
        clock: Arc::clone(&clock),
        policies: Arc::clone(&policies),
        responder: Some(Arc::new(Gated(Arc::clone(&gate)))),
        rules: decide,
        limits: ActorLimits::default(),
    };
    let directory = actors::start(parts).await.unwrap();
    Engine { sessions: Sessions::new(directory, Arc::clone(&bus), store, policies, clock), bus, gate, _data: data }
}

fn key() -> SessionKey {
    SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s").unwrap() }
}

fn jo() -> Visitor {
    Visitor::Customer(CustomerId::parse("jo").unwrap())
}

fn opening() -> Opening {
    Opening { channel: Channel::Web, resume: None, language: None, name: None }
}

fn draft(number: usize) -> Draft {
    let client_id = ClientMessageId::parse(&number.to_string()).unwrap();
    let body = Body::parse("text", "hello").unwrap();
    Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body,
        client_id: Some(client_id),
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    }
}

fn said(answered: &Answered) -> Vec<&str> {
    let ending = answered.ending.as_ref().unwrap();
    assert_eq!(ending.outcome, TurnOutcome::Replied);
    ending.said.iter().map(|message| message.body.as_str()).collect()
}

#[tokio::test]
async fn a_caller_that_fell_behind_the_bus_still_gets_its_answer() {
    let engine = engine().await;
    let sessions = engine.sessions.clone();
    let asked = tokio::spawn(async move { sessions.converse(&key(), jo(), Some(opening()), draft(0)).await });
    while engine.bus.sessions() == 0 || engine.sessions.read(&key(), &jo()).is_err() {
        tokio::task::yield_now().await;
    }
    let noise = Committed { seq: 1, event: Event::ContextReset { keep_from: 1 }, origin: None };
    let noise = Arc::new(Entry::new(key(), Timestamp::default(), 1, vec![noise], None));
    for _ in 0..=OutboxLimits::default().items_max {
        engine.bus.publish(&noise);
    }
    // The caller hears that it fell behind before there is an answer.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    engine.gate.add_permits(1);
    let answered = tokio::time::timeout(Duration::from_secs(20), asked).await.unwrap().unwrap().unwrap();
    assert_eq!(said(&answered), ["read 1"]);
}

#[tokio::test]
async fn a_repeated_message_of_a_long_burst_gets_the_answer_that_stands_pages_behind_it() {
    let engine = engine().await;
    // The start, the burst, its answer and its end: the answer is the last event of a page of 256 after the first message.
    const BURST: usize = 256;
    engine.sessions.post(&key(), jo(), Some(opening()), draft(0)).await.unwrap();
    for number in 1..BURST {
        engine.sessions.post(&key(), jo(), None, draft(number)).await.unwrap();
    }
    engine.gate.add_permits(1);
    let last = engine.sessions.converse(&key(), jo(), None, draft(BURST - 1)).await.unwrap();
    let first = engine.sessions.converse(&key(), jo(), None, draft(0)).await.unwrap();
    assert!(first.receipt.duplicate);
    assert_eq!(said(&first), said(&last));
    assert_eq!(said(&first).len(), 1);
}
