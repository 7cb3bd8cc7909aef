//! Who answers, with all that stands around it, and what it is answered from.

use std::sync::Arc;

use anyhow::{Context, Result};

use super::thrift::{Accountants, Thrift};
use crate::assistant::builtin::{Builtin, Knowledge};
use crate::assistant::cost::ModelOf;
use crate::assistant::openai::{Equipment, OpenAi, OpenAiConfig};
use crate::assistant::tools::{self, Means};
use crate::assistant::{Finder, Guarded, Informed, Masked, Recalling, Responder};
use crate::clock::SharedClock;
use crate::config::{self, Config, Provider};
use crate::domain::memories::MemorySource;
use crate::engine::memories::Memories;
use crate::knowledge::{Embedder, Library};
use crate::outward::Reach;
use crate::store::{Store, StoreUrl};

/// What tests put in the place of what is configured.
#[derive(Default)]
pub(super) struct Given {
    pub embedder: Option<Arc<dyn Embedder>>,
    pub responder: Option<Arc<dyn Responder>>,
    pub model: Option<Arc<dyn Responder>>,
}

/// See the module.
pub(super) struct Answering {
    pub responder: Option<Arc<dyn Responder>>,
    /// Which model answers for an organization.
    pub model_of: ModelOf,
    pub library: Library,
    pub memories: Memories,
    pub thrift: Thrift,
    pub accountants: Accountants,
}

impl Answering {
    /// `place` is where the store is, if it is anywhere that an index could be beside.
    ///
    /// # Errors
    /// What of the configuration can not be used.
    pub(super) fn new(
        config: &Config,
        clock: &SharedClock,
        store: &Store,
        place: Option<&StoreUrl>,
        given: Given,
    ) -> Result<Self> {
        let embedder = given.embedder.map_or_else(|| config.knowledge.embedder(), Ok).context("knowledge.embedder")?;
        let (thrift, accountants) = Thrift::new(config, store, clock);
        let settings = config.knowledge.library(place);
        let library = Library::new(store.clone(), Arc::clone(&embedder), settings).paid_from(thrift.purse());
        let memories = memories(config, store, clock);
        let (responder, model_of) = match given.responder {
            Some(given) => (Some(given), no_model()),
            None => responder(
                config,
                clock,
                &thrift,
                given.model,
                means(store, &library, &memories),
                (&library, store, &embedder),
            )?,
        };
        let responder = responder.map(|inner| remembering(inner, &memories));
        Ok(Self { responder, model_of, library, memories, thrift, accountants })
    }
}

pub(super) fn memories(config: &Config, store: &Store, clock: &SharedClock) -> Memories {
    let ttl_ms = i64::try_from(config.memory.short_term_ttl_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
    Memories::new(store.clone(), Arc::clone(clock), ttl_ms)
}

/// Whoever answers, with what is remembered of the customer.
fn remembering(inner: Arc<dyn Responder>, memories: &Memories) -> Arc<dyn Responder> {
    Arc::new(Recalling::new(inner, Arc::new(memories.clone())))
}

/// Nobody is asked.
fn no_model() -> ModelOf {
    Arc::new(|_| None)
}

/// Who answers, with all that stands around it, and which model that asks.
fn responder(
    config: &Config,
    clock: &SharedClock,
    thrift: &Thrift,
    model: Option<Arc<dyn Responder>>,
    means: Means,
    (library, store, embedder): (&Library, &Store, &Arc<dyn Embedder>),
) -> Result<(Option<Arc<dyn Responder>>, ModelOf)> {
    let assistant = &config.assistant;
    if assistant.provider == Provider::None {
        return Ok((None, no_model()));
    }
    let knowledge = if assistant.knowledge.is_empty() {
        Knowledge::starter()
    } else {
        let text = std::fs::read_to_string(&assistant.knowledge)
            .with_context(|| format!("assistant.knowledge: {}", assistant.knowledge))?;
        Knowledge::parse(&text).context("assistant.knowledge")?
    };
    let builtin = Arc::new(Builtin::new(knowledge.clone()));
    let finder = Finder::new(library.clone(), store.clone(), Arc::clone(&builtin));
    let (model, model_of): (Arc<dyn Responder>, ModelOf) = match model {
        Some(given) => {
            let name = assistant.openai_model.clone();
            (given, Arc::new(move |_| Some(name.clone())))
        }
        // Without a model of its own the installation still asks those that organizations bring along.
        None => {
            let models = openai(config, clock, &builtin, means)?;
            let asked = models.clone();
            (Arc::new(models), Arc::new(move |organization| asked.model_of(organization)))
        }
    };
    let answering = thrift.metered(model, builtin, Arc::clone(&model_of));
    // Outermost what hides the customer's values, innermost what holds answers to the rules, which read the passages. What is
    // answered from the cache needs no passages.
    let guarded = Guarded::around(answering, &knowledge).by_meaning(Arc::clone(embedder), thrift.purse());
    let guarded = Arc::new(guarded);
    let informed = Arc::new(Informed::new(finder, guarded));
    let cached = thrift.cached(informed, config, (library, Arc::clone(&model_of)));
    Ok((Some(Arc::new(Masked::around(cached))), model_of))
}

/// What a model's tools stand on.
fn means(store: &Store, library: &Library, memories: &Memories) -> Means {
    let memories = memories.clone();
    let remember: tools::Remember = Arc::new(move |organization, customer, key, value| {
        let memories = memories.clone();
        let remembering = async move {
            memories.remember(&organization, &customer, &key, &value, MemorySource::model()).await.map(drop)
        };
        Box::pin(remembering)
    });
    Means { search: Some(tools::search_of(library)), remember: Some(remember), store: Some(store.clone()) }
}

fn openai(config: &Config, clock: &SharedClock, builtin: &Arc<Builtin>, means: Means) -> Result<OpenAi> {
    let assistant = &config.assistant;
    let settings = OpenAiConfig {
        base_url: assistant.openai_base_url.clone(),
        api_key: config::given(&assistant.openai_api_key),
        model: assistant.openai_model.clone(),
        total_timeout_ms: assistant.openai_total_timeout_s * 1_000,
        ..OpenAiConfig::default()
    };
    let equipment = Equipment {
        clock: Arc::clone(clock),
        means,
        reach: Reach::of(assistant.private_addresses),
        installed: assistant.provider == Provider::Openai,
    };
    let fallback: Arc<dyn Responder> = Arc::clone(builtin) as Arc<dyn Responder>;
    OpenAi::equipped(settings, Arc::clone(builtin), fallback, equipment).context("assistant.openai_base_url")
}
