//! Who reads a mailbox: an actor that is started again when it ends, after a pause that grows with every failure in a row, until somebody
//! stops it. Ended at any point, it has lost nothing: the cursor moves behind what is durable.

use std::sync::{Arc, Mutex, PoisonError};

use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::{oneshot, watch};

use super::fortune::Fortune;
use super::imap::ImapError;
use super::{Inner, MailSetup};
use crate::channels::failure::FailureClass;
use crate::domain::{OrganizationId, Refusal};
use crate::engine::channels::outward::{ChannelStates, Way, Wrong, plain};

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

enum Order {
    Start,
    Stop(oneshot::Sender<()>),
    /// A pause is over; the number says which.
    Again(u64),
}

/// The handle. One mailbox is read by one actor, and disturbs no other.
pub struct Listener {
    inner: Arc<Inner>,
    setup: Arc<MailSetup>,
    supervisor: Mutex<Option<ActorRef<Order>>>,
}

/// What is read, for whom, and how it went of late.
#[derive(Clone)]
struct Watched {
    inner: Arc<Inner>,
    setup: Arc<MailSetup>,
    fortune: Arc<Fortune>,
}

impl Listener {
    pub(super) const fn new(inner: Arc<Inner>, setup: Arc<MailSetup>) -> Self {
        Self { inner, setup, supervisor: Mutex::new(None) }
    }

    /// Whose mailbox it is.
    pub(super) fn is_of(&self, organization: &OrganizationId) -> bool {
        self.setup.settings.organization == *organization
    }

    /// Reads until `stopping` says so.
    pub async fn run(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let (inner, setup) = (Arc::clone(&self.inner), Arc::clone(&self.setup));
        let arguments = Watched { inner, setup, fortune: Arc::new(Fortune::default()) };
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
    watched: Watched,
    reader: Option<ActorRef<Listen>>,
    wanted: bool,
    pauses: u64,
}

impl Actor for Supervisor {
    type Msg = Order;
    type State = Alive;
    type Arguments = Watched;

    async fn pre_start(&self, _: ActorRef<Order>, watched: Watched) -> Result<Alive, ActorProcessingErr> {
        Ok(Alive { watched, reader: None, wanted: false, pauses: 0 })
    }

    async fn handle(&self, myself: ActorRef<Order>, order: Order, alive: &mut Alive) -> Result<(), ActorProcessingErr> {
        match order {
            Order::Start => {
                alive.wanted = true;
                // What the server did not give before is asked for again at once.
                if let Some(reader) = alive.reader.take_if(|_| alive.watched.fortune.has_left()) {
                    drop(reader.kill_and_wait(None).await);
                    alive.watched.fortune.forgives();
                }
                alive.watched.fortune.works();
                if alive.reader.is_none() {
                    alive.watched.states().starts(alive.watched.setup.account(), Way::In);
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
                alive.watched.states().stops(alive.watched.setup.account(), Way::In);
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
        match Actor::spawn_linked(None, Reader, self.watched.clone(), myself.get_cell()).await {
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
        myself.send_after(self.watched.fortune.pause(), move || Order::Again(pause));
    }
}

impl Watched {
    fn states(&self) -> &ChannelStates {
        &self.inner.parts.states
    }
}

struct Reader;

/// Begin.
struct Listen;

impl Actor for Reader {
    type Msg = Listen;
    type State = Watched;
    type Arguments = Watched;

    async fn pre_start(&self, _: ActorRef<Listen>, watched: Watched) -> Result<Watched, ActorProcessingErr> {
        Ok(watched)
    }

    async fn handle(
        &self,
        _: ActorRef<Listen>,
        Listen: Listen,
        watched: &mut Watched,
    ) -> Result<(), ActorProcessingErr> {
        let Err(trouble) = watched.inner.listen(&watched.setup, &watched.fortune).await;
        let (states, account) = (watched.states(), watched.setup.account());
        if matches!(trouble, Trouble::Imap(ImapError::Login)) {
            watched.fortune.is_refused();
            let wrong = Wrong { plain: plain(FailureClass::Credentials), words: &trouble.to_string() };
            states.blocks(account, Way::In, wrong);
        } else {
            let wrong = Wrong { plain: plain(FailureClass::Retry), words: &trouble.to_string() };
            states.fails(account, Way::In, wrong);
        }
        Err(trouble.into())
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}
