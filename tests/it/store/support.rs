//! What the store's tests stand on: a directory that goes away, a record, and backends that misbehave on request.

use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use serde::{Deserialize, Serialize};
use switchboard::domain::{OrganizationId, SessionId, SessionKey};
use switchboard::store::record::IndexEntry;
use switchboard::store::{
    Batch, CommitError, FjallKv, Kv, Record, SledKv, Store, StoreError, StoreLimits, StoreUrl, Write,
};
use tempfile::TempDir;

use crate::support::kv::{BeforeWrite, MemoryKv, TappedKv};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    Sled,
    Fjall,
}

impl Backend {
    pub(super) fn url(self, directory: &Path) -> StoreUrl {
        match self {
            Self::Sled => StoreUrl::Sled(directory.to_owned()),
            Self::Fjall => StoreUrl::Fjall(directory.to_owned()),
        }
    }

    pub(super) fn open_kv(self, directory: &Path) -> Arc<dyn Kv> {
        match self {
            Self::Sled => Arc::new(unlocked(|| SledKv::open(directory))),
            Self::Fjall => Arc::new(unlocked(|| FjallKv::open(directory))),
        }
    }
}

/// Opens once the lock is free: another test that starts a process at this moment holds a copy of it until that process
/// runs its program.
fn unlocked<T>(open: impl Fn() -> Result<T, StoreError>) -> T {
    let began = std::time::Instant::now();
    loop {
        match open() {
            Err(StoreError::Locked(_)) if began.elapsed().as_secs() < 10 => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

/// A store in a directory of its own.
pub(super) struct Scratch {
    pub directory: TempDir,
    backend: Backend,
}

impl Scratch {
    pub(super) fn new(backend: Backend) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), backend }
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn kv(&self) -> Arc<dyn Kv> {
        self.backend.open_kv(self.path())
    }

    /// The store without its completions: the committer then tells the outcomes itself.
    pub(super) fn store(&self) -> Store {
        unlocked(|| Store::open(&self.backend.url(self.path()), StoreLimits::default())).0
    }
}

pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(super) fn commit(store: &Store, fill: impl FnOnce(&mut Batch)) -> Result<(), CommitError> {
    let mut batch = Batch::default();
    fill(&mut batch);
    wait(store.commit(batch))
}

pub(super) fn organization(id: &str) -> OrganizationId {
    OrganizationId::parse(id).unwrap()
}

pub(super) fn session(organization_id: &str, id: &str) -> SessionKey {
    SessionKey { organization: organization(organization_id), session: SessionId::parse(id).unwrap() }
}

/// A record with a plain and a unique index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Desk {
    pub organization: OrganizationId,
    pub id: String,
    pub state: String,
    pub name: String,
}

impl Desk {
    pub(super) fn new(id: &str, state: &str, name: &str) -> Self {
        Self { organization: organization("acme"), id: id.into(), state: state.into(), name: name.into() }
    }
}

impl Record for Desk {
    const SPACE: &'static str = "desk";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.clone()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![IndexEntry::plain("state", &self.state), IndexEntry::unique("name", &self.name)]
    }
}

/// A backend in memory that can be held up and made to fail.
pub(super) type FaultyKv = TappedKv<MemoryKv, Faults>;

/// What a test made go wrong, and what was written.
#[derive(Default)]
pub(super) struct Faults {
    failing: Mutex<Option<&'static str>>,
    panicking: AtomicBool,
    gate: Mutex<Option<Gate>>,
    pub groups: Mutex<Vec<Vec<Write>>>,
}

struct Gate {
    entered: mpsc::Sender<()>,
    open: mpsc::Receiver<()>,
}

/// Holds every `apply` until it is let through.
pub(super) struct Hold {
    entered: mpsc::Receiver<()>,
    open: mpsc::Sender<()>,
}

impl Hold {
    pub(super) fn wait_for_one(&self) {
        self.entered.recv().unwrap();
    }

    pub(super) fn let_one_through(&self) {
        self.open.send(()).unwrap();
    }
}

impl Faults {
    pub(super) fn fail(&self, why: &'static str) {
        *self.failing.lock().unwrap() = Some(why);
    }

    pub(super) fn heal(&self) {
        *self.failing.lock().unwrap() = None;
    }

    pub(super) fn panic_next(&self) {
        self.panicking.store(true, Ordering::SeqCst);
    }

    pub(super) fn hold(&self) -> Hold {
        let (entered_tx, entered) = mpsc::channel();
        let (open, open_rx) = mpsc::channel();
        *self.gate.lock().unwrap() = Some(Gate { entered: entered_tx, open: open_rx });
        Hold { entered, open }
    }
}

impl BeforeWrite for Faults {
    fn before_write(&self, writes: &[Write]) -> Result<(), StoreError> {
        if let Some(gate) = &*self.gate.lock().unwrap() {
            gate.entered.send(()).ok();
            gate.open.recv().ok();
        }
        assert!(!self.panicking.load(Ordering::SeqCst), "told to panic");
        if let Some(why) = *self.failing.lock().unwrap() {
            return Err(StoreError::Backend(why.to_owned()));
        }
        self.groups.lock().unwrap().push(writes.to_vec());
        Ok(())
    }
}
