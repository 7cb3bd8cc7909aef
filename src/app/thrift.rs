//! What stands around a model so that it is asked no more than it must be and may: the ledger with its budgets, the kept
//! answers; and the tasks that make both durable.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::assistant::Responder;
use crate::assistant::cache::{Cached, Shape, Shelf, Tallies, TallyWriter};
use crate::assistant::cost::{Ledger, Metered, Writer};
use crate::clock::SharedClock;
use crate::config::Config;
use crate::domain::tool::ModelSettings;
use crate::engine::{AnswerCache, Costs};
use crate::knowledge::{Hashing, Library};
use crate::store::{Store, record, tool};

/// Dimensions of the vectors by which questions are compared: of texts with the same words these are more than enough.
const DIMENSIONS: usize = 512;

/// See the module.
pub(super) struct Thrift {
    ledger: Ledger,
    shelf: Arc<Shelf>,
    tallies: Tallies,
    store: Store,
    clock: SharedClock,
}

/// Makes costs and counts durable.
pub(super) struct Accountants {
    ledger: Writer,
    tallies: TallyWriter,
}

impl Thrift {
    pub(super) fn new(config: &Config, store: &Store, clock: &SharedClock) -> (Self, Accountants) {
        let (ledger, writer) = Ledger::new(store.clone(), Arc::clone(clock), config.prices());
        let (tallies, tally_writer) = Tallies::new(store.clone());
        let shelf = Arc::new(Shelf::new(config.answer_cache().1));
        let thrift = Self { ledger, shelf, tallies, store: store.clone(), clock: Arc::clone(clock) };
        (thrift, Accountants { ledger: writer, tallies: tally_writer })
    }

    /// A model whose calls are paid for; `without` answers once nothing is left.
    pub(super) fn metered(
        &self,
        model: Arc<dyn Responder>,
        without: Arc<dyn Responder>,
        name: String,
    ) -> Arc<dyn Responder> {
        Arc::new(Metered::new(model, without, self.ledger.clone(), name))
    }

    /// A responder that need not answer the same question twice. The questions are compared by the local embedder, whatever
    /// the knowledge is found by: it costs nothing, and no question leaves the process for it.
    pub(super) fn cached(&self, inner: Arc<dyn Responder>, config: &Config, library: &Library) -> Arc<dyn Responder> {
        let embedder = Arc::new(Hashing::new(DIMENSIONS));
        let world = (self.store.clone(), Arc::clone(&self.clock));
        let kept = (Arc::clone(&self.shelf), self.tallies.clone());
        Arc::new(Cached::new(
            inner,
            config.answer_cache().0,
            kept,
            embedder,
            world,
            shape(config, &self.store, library),
        ))
    }

    pub(super) fn services(&self, config: &Config) -> (Costs, AnswerCache) {
        let (store, clock) = (|| self.store.clone(), || Arc::clone(&self.clock));
        let costs = Costs::new(store(), self.ledger.clone(), clock(), config.cost.calls_retention_days);
        (costs, AnswerCache::new(store(), Arc::clone(&self.shelf), self.tallies.clone(), clock()))
    }
}

impl Accountants {
    /// Until the last session has ended: turns that end meanwhile cost too.
    pub(super) async fn run(self, ended: watch::Receiver<bool>) {
        tokio::join!(self.ledger.run(ended.clone()), self.tallies.run(ended));
    }
}

/// What shapes an organization's answers besides its settings and its knowledge. With tools of its own an answer may rest on
/// what one said a moment ago of one customer, so nothing is kept then; nor while what is found is older than what is known, or such an
/// answer would pass for one that the new knowledge gives.
fn shape(config: &Config, store: &Store, library: &Library) -> Shape {
    let assistant = &config.assistant;
    let knowledge: [u8; 32] = Sha256::digest(std::fs::read(&assistant.knowledge).unwrap_or_default()).into();
    let common = format!(
        "{:?} {} {} {} {knowledge:x?}",
        assistant.provider,
        assistant.openai_base_url,
        assistant.openai_model,
        env!("CARGO_PKG_VERSION"),
    );
    let (store, library) = (store.clone(), library.clone());
    Arc::new(move |organization| {
        let found = library.version(organization).ok()??;
        if !tool::tools(&store, organization).ok()?.is_empty() {
            return None;
        }
        let own = record::get::<ModelSettings>(&store, organization, tool::MODEL_ID).ok()?;
        Some(format!("{common} {} {found}", own.map_or(0, |own| own.version)))
    })
}

impl std::fmt::Debug for Thrift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thrift").finish_non_exhaustive()
    }
}
