//! What sessions and those who listen notice of a broken supervisor, a broken listener, and slow rules: nothing that is
//! lost.

mod notes;

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::{Barrier, mpsc};
use std::task::{Context, Wake, Waker};

use futures_util::stream::{BoxStream, once};
use futures_util::{FutureExt, StreamExt};
use ractor::ActorId;
use tempfile::TempDir;

use super::*;
use crate::actors::{Parts, Policies, Rules, start};
use crate::assistant::{Delta, Responder, Turn};
use crate::bus::{Bus, Item, OutboxLimits, Subscription};
use crate::clock::SystemClock;
use crate::domain::{
    Action, Answer, Author, Body, Channel, ClientMessageId, CustomerId, Decision, Draft, Event, MessageId, Moment,
    Opening, OrganizationId, Policy, Receipt, SessionId, State, Visitor, decide,
};
use crate::store::{Store, StoreLimits, StoreUrl, log};

const PATIENCE: Duration = Duration::from_secs(20);
const SESSIONS: usize = 12;
const MESSAGES: usize = 25;
const BREAKS: usize = 6;

/// The actors over a store of their own.
struct House {
    directory: Arc<Directory>,
    bus: Arc<Bus>,
    store: Store,
    _data: TempDir,
}

impl House {
    async fn open(rules: Rules) -> Self {
        let data = tempfile::tempdir().unwrap();
        let url = StoreUrl::Fjall(data.path().join("db"));
        let (store, completions) = Store::open(&url, StoreLimits::default()).unwrap();
        tokio::spawn(completions.run());
        let bus = Arc::new(Bus::default());
        let policy = Arc::new(Policy { quiet_ms: 0, ..Policy::default() });
        let parts = Parts {
            store: store.clone(),
            bus: Arc::clone(&bus),
            clock: Arc::new(SystemClock),
            policies: Arc::new(Policies::new(store.clone(), policy)),
            responder: Some(Arc::new(Polite)),
            rules,
            limits: ActorLimits { supervisors: 2, ..ActorLimits::default() },
        };
        Self { directory: start(parts).await.unwrap(), bus, store, _data: data }
    }

    async fn post(&self, key: &SessionKey, id: &str) -> Result<Receipt, Refusal> {
        let asked = tokio::time::timeout(PATIENCE, self.directory.ask(key, post(id))).await;
        match asked.expect("the session answers")? {
            Outcome::Posted(receipt) => Ok(receipt),
            other => panic!("{other:?}"),
        }
    }

    /// As a client does: what is refused as busy is sent again under the same id.
    async fn post_for_sure(&self, key: &SessionKey, id: &str) -> u64 {
        loop {
            match self.post(key, id).await {
                Ok(receipt) => return receipt.seq,
                Err(Refusal::Busy) => tokio::task::yield_now().await,
                Err(other) => panic!("{other}"),
            }
        }
    }

    fn shard(&self, place: usize) -> Option<ActorRef<Start>> {
        self.directory.shards.places[place].read().unwrap().clone()
    }

    /// Waits until the place has another shard than `old`.
    async fn is_replaced(&self, place: usize, old: ActorId) {
        let other = async {
            while self.shard(place).is_none_or(|shard| shard.get_id() == old) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, other).await.expect("the shard is replaced");
    }

    fn listen(&self, key: &SessionKey) -> Subscription {
        self.bus.subscribe(key, OutboxLimits { items_max: 100_000, bytes_max: usize::MAX })
    }

    fn log_of(&self, key: &SessionKey) -> Vec<Event> {
        let logged = log::read::<Event>(&self.store, key, 0, usize::MAX).unwrap();
        assert!(logged.iter().zip(1..).all(|(logged, seq)| logged.seq == seq), "a gap in the log");
        logged.into_iter().map(|logged| logged.event).collect()
    }
}

/// Answers everything with the same words.
struct Polite;

impl Responder for Polite {
    fn reply(&self, _: Turn) -> BoxStream<'static, Delta> {
        let answer = Answer { text: "You are welcome.".to_owned(), ..Answer::default() };
        once(async { Delta::Done(Ok(Action::Reply(answer))) }).boxed()
    }

    fn name(&self) -> &'static str {
        "polite"
    }
}

fn key(n: usize) -> SessionKey {
    let session = SessionId::parse(&format!("s{n}")).unwrap();
    SessionKey { organization: OrganizationId::default_organization(), session }
}

fn post(id: &str) -> Command {
    Command::Post {
        visitor: Visitor::Customer(CustomerId::parse("jo").unwrap()),
        opening: Some(Opening { channel: Channel::Web, resume: None, language: None, name: None }),
        draft: Draft {
            id: MessageId(uuid::Uuid::now_v7()),
            body: Body::parse("text", "hello").unwrap(),
            client_id: Some(ClientMessageId::parse(id).unwrap()),
            metadata: None,
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        },
    }
}

/// The customer's own ids in a log, in order.
fn ids(events: &[Event]) -> Vec<String> {
    let id = |event: &Event| match event {
        Event::Posted(message) => message.client_id.as_ref().map(|id| id.as_str().to_owned()),
        _ => None,
    };
    events.iter().filter_map(id).collect()
}

/// What a listener is told, up to the position.
async fn heard_up_to(subscription: &Subscription, last: u64) -> Vec<u64> {
    let (mut heard, mut items) = (Vec::new(), VecDeque::new());
    while heard.last().is_none_or(|seq| *seq < last) {
        let more = subscription.outbox().take(&mut items);
        tokio::time::timeout(PATIENCE, more).await.expect("more is told").unwrap();
        for item in items.drain(..) {
            if let Item::Entry(entry) = item {
                heard.extend(entry.events.iter().map(|committed| committed.seq));
            }
        }
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_ends_takes_no_session_no_message_and_no_listener_with_it() {
    let house = Arc::new(House::open(decide).await);
    let listeners: Vec<Subscription> = (0..SESSIONS).map(|n| house.listen(&key(n))).collect();
    let writers: Vec<_> = (0..SESSIONS)
        .map(|n| {
            let house = Arc::clone(&house);
            tokio::spawn(async move {
                for m in 0..MESSAGES {
                    house.post_for_sure(&key(n), &format!("m{m}")).await;
                }
            })
        })
        .collect();
    for n in 0..BREAKS {
        let shard = house.shard(n % 2).expect("a shard");
        if n % 3 == 0 {
            shard.stop(None);
        } else {
            shard.kill();
        }
        house.is_replaced(n % 2, shard.get_id()).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    for (n, listener) in listeners.iter().enumerate() {
        let last = house.post_for_sure(&key(n), "last").await;
        let heard = heard_up_to(listener, last).await;
        assert!(heard.iter().copied().eq(1..=*heard.last().unwrap()), "{heard:?}");
        let wanted: Vec<String> = (0..MESSAGES).map(|m| format!("m{m}")).chain(["last".to_owned()]).collect();
        assert_eq!(ids(&house.log_of(&key(n))), wanted);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_awake_when_their_shard_ends_answer_afterwards() {
    let house = House::open(decide).await;
    for n in 0..SESSIONS {
        house.post(&key(n), "before").await.unwrap();
    }
    for place in 0..2 {
        let shard = house.shard(place).expect("a shard");
        shard.kill();
        house.is_replaced(place, shard.get_id()).await;
    }
    for n in 0..SESSIONS {
        house.post_for_sure(&key(n), "after").await;
        assert!(house.post(&key(n), "before").await.unwrap().duplicate);
    }
}

static RULES_ARE_AT_WORK: Barrier = Barrier::new(2);
static RULES_MAY_GO_ON: Barrier = Barrier::new(2);

fn slow_to_close(state: &State, command: &Command, at: Moment<'_>) -> Result<Decision, Refusal> {
    if matches!(command, Command::Close { .. }) {
        RULES_ARE_AT_WORK.wait();
        RULES_MAY_GO_ON.wait();
    }
    decide(state, command, at)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_a_session_something_does_not_wait_for_its_rules() {
    let house = Arc::new(House::open(slow_to_close).await);
    house.post(&key(0), "m1").await.unwrap();
    let visitor = Visitor::Customer(CustomerId::parse("jo").unwrap());
    house.directory.send(&key(0), Envelope::internal(Command::Close { visitor }));
    let (told, taken) = mpsc::channel();
    let directory = Arc::clone(&house.directory);
    let sender = std::thread::spawn(move || {
        RULES_ARE_AT_WORK.wait();
        directory.send(&key(0), Envelope::internal(post("m2")));
        let quiet = directory.cell(&key(0)).is_quiet();
        told.send(quiet).unwrap();
    });
    let quiet = tokio::task::spawn_blocking(move || taken.recv_timeout(Duration::from_secs(5))).await.unwrap();
    RULES_MAY_GO_ON.wait();
    sender.join().unwrap();
    assert_eq!(quiet, Ok(false), "the cell was locked while the rules ran, or forgot what is being decided");
    assert!(house.post(&key(0), "m2").await.unwrap().duplicate);
}

/// Breaks whoever wakes it, once.
#[derive(Default)]
struct Bomb(AtomicBool);

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        assert!(self.0.swap(true, Ordering::SeqCst), "injected");
    }
}

/// Lets the next one who tells this listener anything break.
fn arm(listener: &Subscription) {
    let mut items = VecDeque::new();
    let waker = Waker::from(Arc::new(Bomb::default()));
    let taken = listener.outbox().take(&mut items).boxed().poll_unpin(&mut Context::from_waker(&waker));
    assert!(taken.is_pending());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_outcome_can_not_be_told_does_not_stop_its_session() {
    let house = House::open(decide).await;
    let listener = house.listen(&key(0));
    arm(&listener);
    let first = house.post(&key(0), "m1").await.expect("it is durable, whatever breaks afterwards");
    let second = house.post(&key(0), "m2").await.unwrap();
    assert!(second.seq > first.seq);
    let again = house.post(&key(0), "m1").await.unwrap();
    assert_eq!((again.seq, again.duplicate), (first.seq, true));
    let log = house.log_of(&key(0));
    assert_eq!(ids(&log), ["m1", "m2"]);
    assert!(matches!(&log[1], Event::Posted(message) if message.author == Author::Customer));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_can_not_be_given_keeps_no_other_one_back() {
    let house = House::open(decide).await;
    let deaf = house.listen(&key(1));
    arm(&deaf);
    let reply = Reply::Connection { outbox: Arc::clone(deaf.outbox()), tag: 1 };
    house.directory.send(&key(0), Envelope::new(Request::Command(post("m1")), None, reply));
    house.post(&key(0), "m2").await.unwrap();
    assert_eq!(ids(&house.log_of(&key(0))), ["m1", "m2"]);
}
