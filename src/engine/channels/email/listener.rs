//! Who reads a mailbox: an actor that is started again when it ends, after a pause that grows with every failure in a row, until somebody
//! stops it. Ended at any point, it has lost nothing: the cursor moves behind what is durable.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::{oneshot, watch};

use super::Inner;
use super::imap::ImapError;
use crate::domain::Refusal;
use crate::engine::channels::outward::Way;

/// The pause before the mailbox is tried again, in milliseconds; it doubles with each failure in a row.
const PAUSE_MS: u64 = 500;

/// The longest such pause, in milliseconds.
const PAUSE_MAX_MS: u64 = 5 * 60 * 1_000;

/// The pause after a refused login, in milliseconds: servers lock out whoever tries too often.
const REFUSED_PAUSE_MS: u64 = 5 * 60 * 1_000;

/// Why the reading of a mailbox ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The server.
    #[error(transparent)]
    Imap(#[from] ImapError),
    /// What came can not be made durable now.
    #[error("{0}")]
    Store(Refusal),
}

/// How often a mail that was asked for alone may end the reading, where others around it do not, before it is set aside.
const MISSES_MAX: u32 = 2;

/// The same where there is no other: it may be for the server.
const LONE_MISSES_MAX: u32 = 5;

/// How the readings of a mailbox went of late.
#[derive(Debug, Default)]
pub(super) struct Fortune {
    failures: AtomicU32,
    refused: AtomicBool,
    /// Mails that may be why a reading ended, by validity and UID: never more than are asked for at once.
    suspects: Mutex<HashMap<(u32, u32), Suspect>>,
}

#[derive(Debug, Clone, Copy)]
struct Suspect {
    misses: u32,
    misses_max: u32,
}

impl Fortune {
    /// It works.
    pub(super) fn works(&self) {
        self.failures.store(0, Ordering::Relaxed);
        self.refused.store(false, Ordering::Relaxed);
    }

    /// One of these is why the reading ended: they are asked for one by one from now on.
    pub(super) fn suspect(&self, validity: u32, uids: impl IntoIterator<Item = u32>) {
        let mut suspects = self.suspects();
        for uid in uids {
            suspects.entry((validity, uid)).or_insert(Suspect { misses: 0, misses_max: MISSES_MAX });
        }
    }

    /// A mail that was asked for alone could not be had. Whether that was once too often.
    pub(super) fn misses(&self, validity: u32, uid: u32) -> bool {
        let mut suspects = self.suspects();
        let lone = Suspect { misses: 0, misses_max: LONE_MISSES_MAX };
        let suspect = suspects.entry((validity, uid)).or_insert(lone);
        suspect.misses += 1;
        suspect.misses >= suspect.misses_max
    }

    /// Whether a mail is to be asked for alone.
    pub(super) fn is_suspect(&self, validity: u32, uid: u32) -> bool {
        self.suspects().contains_key(&(validity, uid))
    }

    /// Whether a mail was missed too often.
    pub(super) fn is_given_up(&self, validity: u32, uid: u32) -> bool {
        self.suspects().get(&(validity, uid)).is_some_and(|suspect| suspect.misses >= suspect.misses_max)
    }

    /// The mailbox was read up to a mail.
    pub(super) fn passes(&self, validity: u32, uid: u32) {
        self.suspects().retain(|(of, suspect), _| *of == validity && *suspect > uid);
        self.works();
    }

    fn suspects(&self) -> std::sync::MutexGuard<'_, HashMap<(u32, u32), Suspect>> {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It failed once more; so long is the pause, a part of which is chance.
    fn pause(&self) -> Duration {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        let grown = PAUSE_MS.saturating_mul(1 << failures.min(16)).min(PAUSE_MAX_MS);
        let pause = if self.refused.load(Ordering::Relaxed) { REFUSED_PAUSE_MS } else { grown };
        Duration::from_millis(pause / 2 + rand::random_range(0..=pause / 2))
    }
}

enum Order {
    Start,
    Stop(oneshot::Sender<()>),
    /// A pause is over; the number says which.
    Again(u64),
}

/// The handle. One mailbox is read by one actor.
pub struct Listeners {
    inner: Arc<Inner>,
    supervisor: Mutex<Option<ActorRef<Order>>>,
}

impl Listeners {
    pub(super) const fn new(inner: Arc<Inner>) -> Self {
        Self { inner, supervisor: Mutex::new(None) }
    }

    /// Reads until `stopping` says so.
    pub async fn run(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let arguments = (Arc::clone(&self.inner), Arc::new(Fortune::default()));
        let (supervisor, ended) = match Actor::spawn(None, Supervisor, arguments).await {
            Ok(started) => started,
            Err(error) => {
                tracing::error!(%error, "nobody reads the mailbox");
                return;
            }
        };
        self.keep(Some(supervisor.clone()));
        self.start();
        // An error says that whoever could stop it is gone.
        drop(stopping.wait_for(|stop| *stop).await);
        self.stop().await;
        self.keep(None);
        supervisor.stop(None);
        drop(ended.await);
    }

    /// Reads from now on, at once if it was waiting. Harmless where it does already.
    pub fn start(&self) {
        if let Some(supervisor) = self.supervisor() {
            drop(supervisor.cast(Order::Start));
        }
    }

    /// Reads no more; returns when nothing more is taken. It begins again when it is told to, or with the next start of the process.
    pub async fn stop(&self) {
        let Some(supervisor) = self.supervisor() else { return };
        let (done, ended) = oneshot::channel();
        if supervisor.cast(Order::Stop(done)).is_ok() {
            drop(ended.await);
        }
    }

    fn supervisor(&self) -> Option<ActorRef<Order>> {
        self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, supervisor: Option<ActorRef<Order>>) {
        *self.supervisor.lock().unwrap_or_else(PoisonError::into_inner) = supervisor;
    }
}

struct Supervisor;

struct Alive {
    inner: Arc<Inner>,
    fortune: Arc<Fortune>,
    reader: Option<ActorRef<Listen>>,
    wanted: bool,
    pauses: u64,
}

impl Actor for Supervisor {
    type Msg = Order;
    type State = Alive;
    type Arguments = (Arc<Inner>, Arc<Fortune>);

    async fn pre_start(
        &self,
        _: ActorRef<Order>,
        (inner, fortune): Self::Arguments,
    ) -> Result<Alive, ActorProcessingErr> {
        Ok(Alive { inner, fortune, reader: None, wanted: false, pauses: 0 })
    }

    async fn handle(&self, myself: ActorRef<Order>, order: Order, alive: &mut Alive) -> Result<(), ActorProcessingErr> {
        match order {
            Order::Start => {
                alive.wanted = true;
                alive.fortune.works();
                if alive.reader.is_none() {
                    alive.state(|inner, account| inner.parts.states.starts(account, Way::In));
                }
                alive.begin(&myself).await;
            }
            Order::Again(pause) if pause == alive.pauses => alive.begin(&myself).await,
            Order::Again(_) => {}
            Order::Stop(done) => {
                alive.wanted = false;
                if let Some(reader) = alive.reader.take() {
                    // It has nothing to end: what is not durable comes again.
                    drop(reader.kill_and_wait(None).await);
                }
                alive.state(|inner, account| inner.parts.states.stops(account, Way::In));
                // Whoever asked may be gone.
                let _ = done.send(());
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Order>,
        event: SupervisionEvent,
        alive: &mut Alive,
    ) -> Result<(), ActorProcessingErr> {
        let ended = match &event {
            SupervisionEvent::ActorFailed(who, error) => {
                tracing::warn!(%error, "the reading of a mailbox ended; it begins again");
                who.get_id()
            }
            SupervisionEvent::ActorTerminated(who, ..) => who.get_id(),
            _ => return Ok(()),
        };
        if alive.reader.as_ref().is_some_and(|reader| reader.get_id() == ended) {
            alive.reader = None;
            alive.rest(&myself);
        }
        Ok(())
    }
}

impl Alive {
    async fn begin(&mut self, myself: &ActorRef<Order>) {
        if !self.wanted || self.reader.is_some() {
            return;
        }
        let arguments = (Arc::clone(&self.inner), Arc::clone(&self.fortune));
        match Actor::spawn_linked(None, Reader, arguments, myself.get_cell()).await {
            Ok((reader, _)) => {
                drop(reader.cast(Listen));
                self.reader = Some(reader);
            }
            Err(error) => {
                tracing::error!(%error, "nobody reads the mailbox");
                self.rest(myself);
            }
        }
    }

    fn rest(&mut self, myself: &ActorRef<Order>) {
        if !self.wanted {
            return;
        }
        self.pauses += 1;
        let pause = self.pauses;
        myself.send_after(self.fortune.pause(), move || Order::Again(pause));
    }

    fn state(&self, tell: impl Fn(&Inner, &super::Account)) {
        if let Some(setup) = &self.inner.setup {
            tell(&self.inner, setup.account());
        }
    }
}

struct Reader;

/// Begin.
struct Listen;

impl Actor for Reader {
    type Msg = Listen;
    type State = (Arc<Inner>, Arc<Fortune>);
    type Arguments = (Arc<Inner>, Arc<Fortune>);

    async fn pre_start(&self, _: ActorRef<Listen>, state: Self::State) -> Result<Self::State, ActorProcessingErr> {
        Ok(state)
    }

    async fn handle(
        &self,
        _: ActorRef<Listen>,
        Listen: Listen,
        (inner, fortune): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let Some(setup) = inner.setup.clone() else { return Ok(()) };
        let Err(trouble) = inner.listen(&setup, fortune).await;
        let states = &inner.parts.states;
        if matches!(trouble, Trouble::Imap(ImapError::Login)) {
            fortune.refused.store(true, Ordering::Relaxed);
            states.blocks(setup.account(), Way::In, &trouble.to_string());
        } else {
            states.fails(setup.account(), Way::In, &trouble.to_string());
        }
        Err(trouble.into())
    }
}

impl std::fmt::Debug for Listeners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}
