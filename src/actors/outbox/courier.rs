//! The courier of one target: reads what waits, sends what the window says, and writes down what came of it. Each of the three
//! goes on beside it and comes back as a message; while nothing waits it has no timer and nothing under way.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use metrics::counter;
use ractor::{Actor, ActorProcessingErr, ActorRef, MessagingErr};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use super::load::{Beginning, Loaded, beginning, rows};
use super::post::Post;
use super::record::{BATCH_MAX, Recorded, finished, record};
use super::{Again, Carrier, CourierParts, Standing, blocking};
use crate::domain::outbox::{Answered, Attempt, Delivery, FINISHED_KEPT, Landing, Outcome, Start, Wanted, Window};
use crate::domain::{SessionId, Timestamp};
use crate::store::{StoreError, Versioned};

/// The pause before a store that did not read is read again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Courier;

/// What a courier is told.
pub(super) enum Message {
    /// There are new deliveries.
    News,
    /// Something else was changed: everything is to be read anew.
    LookAgain,
    /// What a session's first delivery waits for has come.
    Free(SessionId),
    /// The process ends: what is under way may land, and nothing else goes.
    Drain,
    /// What it must know before it sends.
    Begins(Result<Beginning, StoreError>),
    /// Rows were read; or not, and what was wanted of them still is.
    Loaded(Result<Loaded, (Wanted, StoreError)>),
    /// A try ended.
    Landed(Box<(Start, Attempt)>),
    /// What came of tries is on disk.
    Recorded(Recorded),
    /// It is time.
    Wake,
}

/// When the courier is woken, and what wakes it.
type Alarm = (Timestamp, JoinHandle<Result<(), MessagingErr<Message>>>);

/// The courier's own.
pub(super) struct Alive {
    myself: ActorRef<Message>,
    parts: CourierParts,
    post: Arc<Post>,
    carrier: Option<Arc<dyn Carrier>>,
    window: Window,
    phase: Phase,
    reads: bool,
    records: bool,
    landings: VecDeque<Landing>,
    finished: VecDeque<Versioned<Delivery>>,
    wake: Option<Alarm>,
    /// All that is under way; it ends with the courier.
    under_way: JoinSet<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Everything is to be read anew once nothing is under way.
    Ending,
    /// It is read how the target stands.
    Beginning,
    /// It sends.
    Open,
    /// It does not.
    Closed,
    /// It does not any more.
    Draining,
}

impl Actor for Courier {
    type Msg = Message;
    type State = Alive;
    type Arguments = (CourierParts, Arc<Post>);

    async fn pre_start(
        &self,
        myself: ActorRef<Message>,
        (parts, post): (CourierParts, Arc<Post>),
    ) -> Result<Alive, ActorProcessingErr> {
        let carrier = parts.carriers.iter().find(|carrier| carrier.via() == post.via).cloned();
        Ok(Alive {
            window: Window::new(parts.pace),
            myself,
            parts,
            post,
            carrier,
            phase: Phase::Ending,
            reads: false,
            records: false,
            landings: VecDeque::new(),
            finished: VecDeque::new(),
            wake: None,
            under_way: JoinSet::new(),
        })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        alive: &mut Alive,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::News => {
                alive.post.looks();
                alive.window.news();
            }
            Message::LookAgain => {
                alive.post.looks();
                if alive.phase != Phase::Draining {
                    alive.phase = Phase::Ending;
                }
            }
            Message::Free(session) => alive.window.free(&session),
            Message::Drain => alive.phase = Phase::Draining,
            Message::Begins(read) => alive.begins(read),
            Message::Loaded(read) => alive.loaded(read),
            Message::Landed(landed) => alive.landed(*landed),
            Message::Recorded(recorded) => alive.recorded(&recorded),
            Message::Wake => alive.wake = None,
        }
        alive.reap()?;
        alive.go_on();
        Ok(())
    }
}

impl Alive {
    /// Lets go of what has ended. What broke will not come back as a message, so the courier begins anew.
    fn reap(&mut self) -> Result<(), ActorProcessingErr> {
        while let Some(ended) = self.under_way.try_join_next() {
            ended?;
        }
        Ok(())
    }

    /// Does whatever can be done now.
    fn go_on(&mut self) {
        self.write();
        if self.phase == Phase::Ending && !self.reads && self.is_still() {
            self.begin();
        }
        if self.phase != Phase::Open {
            self.post.set_flying(self.busy());
            return;
        }
        self.read();
        let now = self.parts.clock.now();
        while let Some(start) = self.window.next(now) {
            self.send(start);
        }
        self.post.set_flying(self.busy());
        self.sleep_until(self.window.wakes_at(now), now);
    }

    /// How many tries are under way or not written down yet.
    fn busy(&self) -> usize {
        self.window.flying() + self.landings.len() + usize::from(self.records)
    }

    fn is_still(&self) -> bool {
        self.window.is_still() && self.landings.is_empty() && !self.records
    }

    fn begin(&mut self) {
        self.phase = Phase::Beginning;
        self.window.reset();
        self.reads = true;
        let Some(carrier) = self.carrier.clone() else {
            self.phase = Phase::Closed;
            return;
        };
        let (store, key, myself) = (self.parts.store.clone(), self.post.target.clone(), self.myself.clone());
        self.under_way.spawn(async move {
            let read = blocking(move || beginning(&store, &key, carrier.as_ref())).await;
            if read.is_err() {
                sleep(RETRY_AFTER).await;
            }
            drop(myself.cast(Message::Begins(read)));
        });
    }

    fn begins(&mut self, read: Result<Beginning, StoreError>) {
        self.reads = false;
        match read {
            // It was asked to look anew meanwhile.
            _ if self.phase != Phase::Beginning => {}
            Ok(Beginning { standing, finished }) => {
                self.finished = finished.into();
                self.phase = if standing == Standing::Open { Phase::Open } else { Phase::Closed };
            }
            Err(error) => {
                tracing::error!(target = %self.post.target.target, %error, "deliveries do not read");
                self.phase = Phase::Ending;
            }
        }
    }

    fn read(&mut self) {
        if self.reads {
            return;
        }
        let Some(wanted) = self.window.wanted() else { return };
        self.reads = true;
        let (store, key, myself) = (self.parts.store.clone(), self.post.target.clone(), self.myself.clone());
        self.under_way.spawn(async move {
            let again = wanted.clone();
            let read = blocking(move || rows(&store, &key, wanted)).await;
            if read.is_err() {
                sleep(RETRY_AFTER).await;
            }
            drop(myself.cast(Message::Loaded(read.map_err(|error| (again, error)))));
        });
    }

    fn loaded(&mut self, read: Result<Loaded, (Wanted, StoreError)>) {
        self.reads = false;
        match read {
            // What was read is of the window before this one, or of none.
            _ if self.phase != Phase::Open => {}
            Ok(Loaded { wanted, lanes, rows }) => self.window.read(&wanted, lanes, rows),
            Err((wanted, error)) => {
                tracing::error!(target = %self.post.target.target, %error, "deliveries do not read");
                self.window.unread(&wanted);
            }
        }
    }

    fn send(&mut self, start: Start) {
        let (Some(carrier), clock) = (self.carrier.clone(), Arc::clone(&self.parts.clock)) else { return };
        let (myself, post) = (self.myself.clone(), Arc::clone(&self.post));
        self.under_way.spawn(async move {
            let (delivery, began) = (start.delivery.clone(), clock.now());
            let again = Again { post, session: delivery.session.clone() };
            let sent = AssertUnwindSafe(async { carrier.send(delivery, again).await }).catch_unwind().await;
            let attempt = sent.unwrap_or_else(|_panic| broke(began));
            drop(myself.cast(Message::Landed(Box::new((start, attempt)))));
        });
    }

    fn landed(&mut self, (start, attempt): (Start, Attempt)) {
        counter!("switchboard_outbox_attempts_total", "outcome" => word(attempt.outcome)).increment(1);
        if attempt.outcome == Outcome::Done {
            self.post.works();
        }
        let chance = rand::random();
        let Some(landing) = self.window.landed(&start, attempt, self.parts.clock.now(), chance) else { return };
        // What was asked of a target that was changed meanwhile says nothing of what it is now.
        if let Some(why) = landing.give_up
            && self.phase == Phase::Open
        {
            self.give_up(why);
        }
        self.landings.push_back(landing);
    }

    /// The target is left alone; what waits stays where it is.
    fn give_up(&mut self, why: &'static str) {
        if self.phase == Phase::Closed {
            return;
        }
        self.phase = Phase::Closed;
        tracing::warn!(organization = %self.post.target.organization, target = %self.post.target.target, why, "a target is given up");
        if let Some(carrier) = self.carrier.clone() {
            let target = self.post.target.clone();
            // It outlives the courier: it must be known after a restart.
            let myself = self.myself.clone();
            tokio::spawn(async move {
                carrier.give_up(target, why).await;
                // Where that could not be written down the target is as it was, and goes on.
                sleep(RETRY_AFTER).await;
                drop(myself.cast(Message::LookAgain));
            });
        }
    }

    /// Writes down what landed, unless that is being done already.
    fn write(&mut self) {
        if self.records || self.landings.is_empty() {
            return;
        }
        self.records = true;
        let some = self.landings.len().min(BATCH_MAX);
        let landings: Vec<Landing> = self.landings.drain(..some).collect();
        self.finished.extend(landings.iter().filter_map(finished));
        let over = self.finished.len().saturating_sub(FINISHED_KEPT);
        let old = self.finished.drain(..over).collect();
        let (store, myself) = (self.parts.store.clone(), self.myself.clone());
        self.under_way.spawn(async move {
            drop(myself.cast(Message::Recorded(record(store, landings, old).await)));
        });
    }

    fn recorded(&mut self, recorded: &Recorded) {
        self.records = false;
        recorded.kept.iter().for_each(|session| self.window.recorded(session));
        recorded.lost.iter().for_each(|session| self.window.lost(session));
        if !recorded.all && self.phase == Phase::Open {
            // Somebody else wrote: what is known of the finished ones may be wrong too.
            self.phase = Phase::Ending;
        }
    }

    /// One timer, for the next moment at which something may go.
    fn sleep_until(&mut self, at: Option<Timestamp>, now: Timestamp) {
        if self.wake.as_ref().map(|(set, _)| *set) == at {
            return;
        }
        if let Some((_, timer)) = self.wake.take() {
            timer.abort();
        }
        if let Some(at) = at {
            let timer = self.myself.send_after(Duration::from_millis(at.since_ms(now).max(1)), || Message::Wake);
            self.wake = Some((at, timer));
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        if let Some((_, timer)) = self.wake.take() {
            timer.abort();
        }
    }
}

/// A sender that breaks is a delivery's own failure: it is tried again, and then set aside.
fn broke(at: Timestamp) -> Attempt {
    tracing::error!("a sender broke");
    Attempt { outcome: Outcome::Refused, answered: Answered::new(at, 0, None, "the sender broke") }
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Failing { .. } => "failing",
        Outcome::Throttled { .. } => "throttled",
        Outcome::Later { .. } => "later",
        Outcome::NotYet { .. } => "not_yet",
        Outcome::Blocked { .. } => "blocked",
        Outcome::Refused => "refused",
        Outcome::Impossible => "impossible",
        Outcome::Gone => "gone",
        Outcome::Unneeded => "unneeded",
        Outcome::Erased => "erased",
    }
}
