//! A small town of customers, an assistant and two agents: their sessions are decided by the rules and stored as the
//! session actor does it, without the actor.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use switchboard::domain::session::{Purpose, Standing, Work};
use switchboard::domain::{
    Action, Answer, Body, Channel, Command, CustomerId, DeskCommand, Draft, Event, MessageId, Moment, Opening,
    OrganizationId, PersonName, Policy, Reading, SessionId, SessionKey, State, Timestamp, UserId, Visitor, decide,
    evolve,
};
use switchboard::engine::Analytics;
use switchboard::engine::analytics::{PageLimits, Projector, Step};
use switchboard::store::{
    Batch, Direction, FeedEntry, KeyRange, Pair, Store, StoreError, StoreLimits, Write, feed, log, record,
};
use uuid::Uuid;

use crate::support::kv::{BeforeWrite, MemoryKv, TappedKv};

/// When everything begins: half an hour before midnight in India, on the evening before Europe's clocks change.
pub(super) const MORNING: &str = "2025-03-29T18:00:00Z";

const INTENTS: [&str; 5] = ["greet", "order_status", "complaint", "", "return_policy"];

thread_local! {
    static IDS: Cell<u128> = const { Cell::new(1) };
}

fn fresh_id() -> Uuid {
    Uuid::from_u128(IDS.replace(IDS.get() + 1))
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Says {
        session: u8,
    },
    Answers {
        session: u8,
        intent: u8,
    },
    HandsOver {
        session: u8,
    },
    AgentSays {
        session: u8,
        agent: u8,
    },
    HandsBack {
        session: u8,
    },
    ReturnsToQueue {
        session: u8,
    },
    Closes {
        session: u8,
    },
    Resets {
        session: u8,
    },
    Rates {
        session: u8,
        score: u8,
    },
    Waits {
        minutes: i16,
    },
    /// The projector takes a step.
    Counts,
    /// The projector is killed, and another one goes on.
    Dies,
}

pub(super) fn deeds(most: usize) -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        6 => (0..9u8).prop_map(|session| Deed::Says { session }),
        5 => (0..9u8, 0..5u8).prop_map(|(session, intent)| Deed::Answers { session, intent }),
        1 => (0..9u8).prop_map(|session| Deed::HandsOver { session }),
        2 => (0..9u8, 0..2u8).prop_map(|(session, agent)| Deed::AgentSays { session, agent }),
        1 => (0..9u8).prop_map(|session| Deed::HandsBack { session }),
        1 => (0..9u8).prop_map(|session| Deed::ReturnsToQueue { session }),
        1 => (0..9u8).prop_map(|session| Deed::Closes { session }),
        1 => (0..9u8).prop_map(|session| Deed::Resets { session }),
        2 => (0..9u8, 1..6u8).prop_map(|(session, score)| Deed::Rates { session, score }),
        4 => (-3..400i16).prop_map(|minutes| Deed::Waits { minutes }),
        3 => Just(Deed::Counts),
        1 => Just(Deed::Dies),
    ];
    proptest::collection::vec(deed, 1..most)
}

/// What a test made of the disk.
#[derive(Default)]
struct Disk {
    full: AtomicBool,
}

impl BeforeWrite for Disk {
    fn before_write(&self, _: &[Write]) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) { Err(StoreError::Backend("no space left".to_owned())) } else { Ok(()) }
    }
}

/// See the module.
pub(super) struct Town {
    kv: Arc<TappedKv<MemoryKv, Disk>>,
    pub(super) store: Store,
    pub(super) analytics: Analytics,
    pub(super) now: Timestamp,
    projector: Projector,
    limits: PageLimits,
    sessions: BTreeMap<SessionKey, State>,
    policy: Policy,
}

impl Town {
    pub(super) fn new(limits: PageLimits) -> Self {
        let kv = Arc::new(TappedKv { inner: MemoryKv::default(), before: Disk::default() });
        let (store, _) = Store::over(Arc::clone(&kv) as Arc<_>, StoreLimits::default()).unwrap();
        let (analytics, projector) = Analytics::new(store.clone());
        Self {
            kv,
            store,
            analytics,
            now: Timestamp::parse(MORNING).unwrap(),
            projector: projector.with_limits(limits),
            limits,
            sessions: BTreeMap::new(),
            policy: Policy::default(),
        }
    }

    pub(super) async fn take(&mut self, deed: &Deed) {
        match *deed {
            Deed::Says { session } => self.say(session).await,
            Deed::Answers { session, intent } => self.answer(session, intent).await,
            Deed::HandsOver { session } => self.command(session, Command::RequestHuman { visitor: jo(session) }).await,
            Deed::AgentSays { session, agent } => self.post(session, agent_at(agent), None).await,
            Deed::HandsBack { session } => {
                self.command(session, Command::HandBack { visitor: agent_at(0), if_epoch: None }).await;
            }
            Deed::ReturnsToQueue { session } => {
                self.command(session, Command::ReturnToQueue { visitor: agent_at(0), note: None, if_epoch: None })
                    .await;
            }
            Deed::Closes { session } => self.command(session, Command::Close { visitor: agent_at(1) }).await,
            Deed::Resets { session } => self.command(session, Command::Reset { visitor: agent_at(1) }).await,
            Deed::Rates { session, score } => {
                let rate = DeskCommand::Rate { visitor: jo(session), score, comment: None };
                self.command(session, Command::Desk(rate)).await;
            }
            Deed::Waits { minutes } => self.now = self.now.plus_ms(i64::from(minutes) * 60_000 + 17),
            Deed::Counts => drop(self.count().await),
            Deed::Dies => self.kill(),
        }
    }

    /// The projector is gone, whatever it knew; another one begins with what the store has.
    pub(super) fn kill(&mut self) {
        let (analytics, projector) = Analytics::new(self.store.clone());
        (self.analytics, self.projector) = (analytics, projector.with_limits(self.limits));
    }

    /// One step of the projector.
    pub(super) async fn count(&mut self) -> Step {
        self.projector.advance().await.unwrap()
    }

    /// Counts until there is nothing to count; tells the steps.
    pub(super) async fn settle(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        loop {
            match self.count().await {
                Step::Nothing => return steps,
                step => steps.push(step),
            }
        }
    }

    /// Makes the figures anew from the logs.
    pub(super) async fn rebuild(&mut self) {
        let (_, projector) = Analytics::new(self.store.clone());
        projector.with_limits(self.limits).rebuild(|_| ()).await.unwrap();
        self.kill();
        self.settle().await;
    }

    /// Every row of the figures, as it is stored.
    pub(super) fn rows(&self) -> Vec<(String, String)> {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let rows = self.store.scan(KeyRange::prefix("analytics"), usize::MAX, Direction::Forward).unwrap();
        rows.into_iter().map(|(key, value)| (text(key), text(value))).collect()
    }

    /// How the sessions of the organization that is looked at stand, as lists show them.
    pub(super) fn standings(&self) -> impl Iterator<Item = Standing> {
        let ours = self.sessions.values().filter(|state| state.exists() && state.key.organization == organization());
        ours.map(State::standing)
    }

    /// Every session's log.
    pub(super) fn logs(&self) -> Vec<(SessionKey, Vec<Event>)> {
        let events = |key: &SessionKey| log::read::<Event>(&self.store, key, 0, usize::MAX).unwrap();
        let plain = |key: &SessionKey| events(key).into_iter().map(|logged| logged.event).collect();
        self.sessions.keys().map(|key| (key.clone(), plain(key))).collect()
    }

    /// The pages of the feed.
    pub(super) fn feed_pages(&self) -> Vec<Pair> {
        self.store.scan(KeyRange::prefix("feed/"), usize::MAX, Direction::Forward).unwrap()
    }

    /// The other readers of the feed have passed everything.
    pub(super) async fn others_pass(&self) {
        let mut batch = Batch::default();
        for other in feed::READERS.into_iter().filter(|reader| *reader != "analytics") {
            feed::set_cursor(&mut batch, other, *self.store.feed_end().borrow());
        }
        self.store.commit(batch).await.unwrap();
    }

    /// From now on the store takes no writes.
    pub(super) async fn break_disk(&self) {
        self.kv.full.store(true, Ordering::SeqCst);
        let mut batch = Batch::default();
        batch.put(b"anything".to_vec(), Vec::new());
        assert!(self.store.commit(batch).await.is_err());
    }

    pub(super) async fn put(&self, key: &str, value: &str) {
        let mut batch = Batch::default();
        batch.put(key.as_bytes().to_vec(), value.as_bytes().to_vec());
        self.store.commit(batch).await.unwrap();
    }

    pub(super) async fn say(&mut self, session: u8) {
        self.post(session, jo(session), None).await;
    }

    /// The customer says something, and their backend says what they are called.
    pub(super) async fn say_as(&mut self, session: u8, name: &str) {
        self.post(session, jo(session), Some(serde_json::json!({ "name": name }))).await;
    }

    /// The assistant answers the open turn, or suggests an answer to what a human has not answered yet.
    pub(super) async fn answer(&mut self, session: u8, intent: u8) {
        let Some(state) = self.sessions.get(&key(session)) else { return };
        let (purpose, turn, upto) = match (&state.turn, state.unanswered) {
            (Some(turn), _) => (Purpose::Reply, turn.id, turn.upto),
            (None, Some((first, last))) => (Purpose::Suggestion, first, last),
            (None, None) => return,
        };
        let work = Work { epoch: state.epoch, turn, upto, purpose };
        let intent = INTENTS[usize::from(intent) % INTENTS.len()].to_owned();
        let reading = Reading { intent, confidence: 1.0, ..Reading::default() };
        let answer = Answer { text: "Here you are.".to_owned(), reading, ..Answer::default() };
        self.command(session, Command::Finished { work, result: Ok(Action::Reply(answer)) }).await;
    }

    async fn post(&mut self, session: u8, visitor: Visitor, metadata: Option<serde_json::Value>) {
        let body = Body::parse("text", "words").unwrap();
        let draft = Draft {
            id: MessageId(fresh_id()),
            body,
            client_id: None,
            metadata,
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        };
        let opening = Some(Opening { channel: channel(session), resume: None, language: None, name: None });
        self.command(session, Command::Post { visitor, opening, draft }).await;
    }

    async fn command(&mut self, session: u8, command: Command) {
        let key = key(session);
        let state = self.sessions.entry(key.clone()).or_insert_with(|| State::unborn(key.clone()));
        let moment = Moment { now: self.now, policy: &self.policy, fresh_id };
        let Ok(decision) = decide(state, &command, moment) else { return };
        if decision.events.is_empty() {
            return;
        }
        let first = state.next_seq;
        decision.events.iter().for_each(|event| evolve(state, event));
        let mut batch = Batch::default();
        log::append(&mut batch, &key, first, self.now, &decision.events).unwrap();
        if first == 1 {
            record::insert(&mut batch, state).unwrap();
        }
        let count = u32::try_from(decision.events.len()).unwrap();
        batch.announce(FeedEntry { organization: key.organization, session: key.session, first, count });
        self.store.commit(batch).await.unwrap();
    }
}

pub(super) fn organization() -> OrganizationId {
    OrganizationId::parse("acme").unwrap()
}

/// Every fourth session belongs to another organization.
fn key(session: u8) -> SessionKey {
    let organization = if session % 4 == 3 { OrganizationId::parse("other").unwrap() } else { organization() };
    SessionKey { organization, session: SessionId::parse(&format!("s{session}")).unwrap() }
}

/// Sessions share customers; one of them only claims to be somebody.
fn jo(session: u8) -> Visitor {
    let customer = CustomerId::parse(&format!("jo{}", session % 3)).unwrap();
    if session == 6 {
        let secret = Some(switchboard::domain::session::SecretHash("s".to_owned()));
        return Visitor::Anonymous { claimed: customer, secret };
    }
    Visitor::Customer(customer)
}

fn channel(session: u8) -> Channel {
    if session.is_multiple_of(2) { Channel::Web } else { Channel::Whatsapp }
}

fn agent_at(number: u8) -> Visitor {
    let name = PersonName::parse("name", "Kim Lee").unwrap();
    Visitor::Staff { user: UserId(Uuid::from_u128(900 + u128::from(number))), name }
}

/// Runs a test's future without real time.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}
