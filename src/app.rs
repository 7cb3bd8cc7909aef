//! The only place that wires the parts together.

mod sweep;
mod thrift;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::actors::desk::{DeskParts, Desks, HookConfig};
use crate::actors::{self, Directory, Parts, Policies, Rules, recovery};
use crate::assistant::builtin::{Builtin, Knowledge};
use crate::assistant::openai::{Equipment, OpenAi, OpenAiConfig};
use crate::assistant::tools::{self, HttpTools, Means};
use crate::assistant::transcribe::{NoTranscriber, Transcriber};
use crate::assistant::{Finder, Guarded, Informed, Masked, Recalling, Responder};
use crate::auth::{Connections, LoginAttempts, Passwords, RateLimiter};
use crate::bus::Bus;
use crate::clock::{SharedClock, SystemClock};
use crate::config::{self, Config, Provider};
use crate::domain::memories::MemorySource;
use crate::domain::{Email, Policy, decide};
use crate::engine::accounts::{Bootstrap, CustomersAccounts, FirstStart};
use crate::engine::analytics::Projector;
use crate::engine::knowledge::{KnowledgeParts, Librarian};
use crate::engine::memories::{Learner, Memories};
use crate::engine::unanswered::Collector;
use crate::engine::{
    self, Accounts, Advice, Analytics, AnswerCache, Audit, CannedReplies, Customers, Desk, Engine, Privacy, Sessions,
    Settings, System, Tools, UnansweredQuestions, VoiceNotes, privacy,
};
use crate::http::server::{self, ServerLimits};
use crate::http::{Doors, router};
use crate::knowledge::extract::Readers;
use crate::knowledge::{Embedder, Library};
use crate::outward::Reach;
use crate::store::{Completions, Store, StoreError, StoreLimits};
use crate::telemetry::{self, Meters};

use thrift::{Accountants, Thrift};

/// The share of a stop's time by which connections have ended.
const CONNECTIONS_END_AT: f64 = 0.75;

/// The share by which what was taken is durable; the rest is for closing the store.
const SESSIONS_END_AT: f64 = 0.9;

/// What tests put in the place of the world.
pub struct World {
    /// The time.
    pub clock: SharedClock,
    /// The rules; faults are put in here.
    pub rules: Rules,
    /// A store instead of the configured one.
    pub store: Option<(Store, Completions)>,
    /// Who writes down voice notes.
    pub transcriber: Arc<dyn Transcriber>,
    /// Who makes vectors of texts, instead of the configured one.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Who answers, instead of the configured one and of all that stands around it.
    pub responder: Option<Arc<dyn Responder>>,
    /// A model, instead of the configured provider's; what stands around that stays.
    pub model: Option<Arc<dyn Responder>>,
    /// The program that reads documents, instead of this one.
    pub reader: Option<PathBuf>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            rules: decide,
            store: None,
            transcriber: Arc::new(NoTranscriber),
            embedder: None,
            responder: None,
            model: None,
            reader: None,
        }
    }
}

/// A built server: everything is open, nothing is served yet.
pub struct App {
    listener: TcpListener,
    router: axum::Router,
    sessions: Sessions,
    directory: Arc<Directory>,
    desks: Arc<Desks>,
    library: Library,
    store: Store,
    sweep: JoinHandle<()>,
    policy: Arc<Policy>,
    projector: Projector,
    accountants: Accountants,
    learner: Learner,
    eraser: privacy::Worker,
    librarian: Librarian,
    collector: Collector,
    limits: ServerLimits,
    stop: watch::Sender<bool>,
    first_start: Option<FirstStart>,
    drain: Duration,
}

impl App {
    /// Opens the store, starts the actors, makes the first administrator if there is none, and binds the port.
    ///
    /// # Errors
    /// Whatever can not be opened, in one line.
    pub async fn build(config: Config, world: World) -> Result<Self> {
        // Before any part registers what it counts.
        let metrics = telemetry::metrics();
        // A store that was given is nowhere that an index could be beside.
        let place = if world.store.is_some() { None } else { Some(config.store_url()?) };
        let (store, completions) = world.store.map_or_else(|| open(&config), Ok)?;
        tokio::spawn(completions.run());
        let policy = Arc::new(config.policy());
        let policies = Arc::new(Policies::new(store.clone(), Arc::clone(&policy)));
        let embedder = world.embedder.map_or_else(|| config.knowledge.embedder(), Ok).context("knowledge.embedder")?;
        let library = Library::new(store.clone(), embedder, config.knowledge.library(place.as_ref()));
        let (thrift, accountants) = Thrift::new(&config, &store, &world.clock);
        let memories = memories(&config, &store, &world.clock);
        let responder = match world.responder {
            Some(given) => Some(given),
            None => responder(
                &config,
                &world.clock,
                &thrift,
                world.model,
                means(&store, &library, &memories),
                (&library, &store),
            )?,
        };
        let responder = responder.map(|inner| remembering(inner, &memories));
        let parts = Parts {
            store: store.clone(),
            bus: Arc::new(Bus::default()),
            clock: Arc::clone(&world.clock),
            policies: Arc::clone(&policies),
            responder: responder.clone(),
            rules: world.rules,
            limits: config.actor_limits(),
        };
        let directory = actors::start(parts.clone()).await.map_err(|why| anyhow!("the actors do not start: {why}"))?;
        // Before the first start makes secrets: a port that is taken must not cost them.
        let listener = TcpListener::bind(config.server.listen).await.context("server.listen")?;
        let accounts = accounts(&config, &store, &world.clock).await?;
        let first_start = accounts.bootstrap(bootstrap(&config)?).await.context("bootstrap")?;
        let audit = Audit::new(store.clone(), Arc::clone(&world.clock), config.audit_kept());
        let (costs, cache) = thrift.services(&config);
        let (unanswered, collector) = UnansweredQuestions::new(store.clone(), Arc::clone(&world.clock));
        let sessions = sessions(&parts, &directory);
        let audio_max = config.limits.session_audio_bytes;
        let audio = VoiceNotes::new(store.clone(), sessions.clone(), world.transcriber, audio_max);
        let (analytics, projector) = Analytics::new(store.clone());
        let settings = Settings::new(store.clone(), policies, Arc::clone(&world.clock));
        let advice = Advice::new(responder.clone(), settings.clone(), Duration::from_millis(policy.deadline_ms));
        let desks = desks(&parts, &directory, config.hook()).await?;
        let desk = Desk::new(Arc::clone(&desks), sessions.clone(), accounts.clone(), store.clone());
        let system = system(&parts, &directory, &desks, &analytics);
        let customers = Customers::new(store.clone(), sessions.clone(), Arc::clone(&world.clock));
        let learner = Learner::new(store.clone(), memories.clone(), customers.clone(), sessions.clone());
        let (privacy, eraser) = privacy(&parts, &directory, &analytics, &accounts, &cache)?;
        let kept = sweep::Kept {
            accounts: accounts.clone(),
            audit: audit.clone(),
            costs: costs.clone(),
            memories: memories.clone(),
            privacy: privacy.clone(),
        };
        let sweep = tokio::spawn(sweep::sweep(kept));
        let (knowledge, librarian) = knowledge(&config, &parts, library.clone(), world.reader)?;
        let engine = Engine {
            desk,
            accounts,
            sessions: sessions.clone(),
            customers,
            memories,
            privacy,
            audit,
            settings,
            advice,
            analytics,
            system,
            tools: Tools::new(
                store.clone(),
                Arc::clone(&world.clock),
                HttpTools::new(Reach::of(config.assistant.private_addresses)),
            ),
            canned: CannedReplies::new(store.clone(), Arc::clone(&world.clock)),
            costs,
            cache,
            unanswered,
            knowledge,
            audio,
            library: library.clone(),
            store: store.clone(),
            responder,
        };
        let (stop, stopping) = watch::channel(false);
        let router = router::build(&Arc::new(doors(engine, &config, world.clock, stopping)), metrics);
        Ok(Self {
            listener,
            router,
            sessions,
            directory,
            desks,
            library,
            store,
            sweep,
            policy,
            projector,
            accountants,
            learner,
            eraser,
            librarian,
            collector,
            limits: server_limits(&config),
            stop,
            first_start,
            drain: config.drain(),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// The conversations, for whoever runs the app inside a program of their own.
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The desks, for the same.
    pub const fn desks(&self) -> &Arc<Desks> {
        &self.desks
    }

    /// What the first start made, to be shown once.
    pub const fn first_start(&mut self) -> Option<FirstStart> {
        self.first_start.take()
    }

    /// Resumes what a crash interrupted and serves until `shutdown`, then drains: nothing new is taken, open requests and
    /// sockets end, what was taken becomes durable, the store closes. All of it together within the drain's time; what is
    /// not done then is left, and a kill is as safe.
    ///
    /// # Errors
    /// When the accept loop breaks.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let stopping = self.stop.subscribe();
        let recovering = self.stop.subscribe();
        let recovery = recovery::run(self.store.clone(), Arc::clone(&self.directory), self.policy, recovering);
        let recovery = tokio::spawn(recovery);
        let desks = tokio::spawn(Arc::clone(&self.desks).open(self.stop.subscribe()));
        let projector = tokio::spawn(self.projector.run(self.stop.subscribe()));
        let eraser = tokio::spawn(self.eraser.run(self.stop.subscribe()));
        let (all_ended, until) = watch::channel(false);
        let mut accountants = tokio::spawn(self.accountants.run(until));
        let learner = tokio::spawn(self.learner.run(self.stop.subscribe()));
        let librarian = tokio::spawn(self.librarian.run(self.stop.subscribe()));
        let collector = tokio::spawn(self.collector.run(self.stop.subscribe()));
        let mut served = tokio::spawn(server::serve(self.listener, self.router, self.limits, stopping));
        tokio::select! {
            ended = &mut served => bail!("the accept loop ended: {ended:?}"),
            () = shutdown => {}
        }
        tracing::info!("stopping");
        let began = Instant::now();
        self.stop.send_replace(true);
        let drained = async {
            served.await?;
            self.desks.close().await;
            self.directory.drain().await;
            all_ended.send_replace(true);
            (&mut accountants).await?;
            self.library.close().await;
            anyhow::Ok(())
        };
        match timeout_at(began + self.drain.mul_f64(SESSIONS_END_AT), drained).await {
            Ok(drained) => drained?,
            Err(_elapsed) => tracing::warn!("some commands were still under way at the end of the drain"),
        }
        let tasks = [self.sweep, recovery, desks, projector, accountants, learner, eraser, librarian, collector];
        let closed = close(self.store, tasks);
        match timeout_at(began + self.drain, closed).await {
            Ok(closed) => closed?,
            Err(_elapsed) => tracing::warn!("the store was not closed at the end of the drain"),
        }
        tracing::info!("stopped");
        Ok(())
    }
}

fn open(config: &Config) -> Result<(Store, Completions)> {
    Store::open(&config.store_url()?, StoreLimits::default()).context("store.url")
}

/// Ends the tasks that hold the store, then closes it.
async fn close(store: Store, tasks: impl IntoIterator<Item = JoinHandle<()>>) -> Result<()> {
    for task in tasks.into_iter().filter(|task| !task.is_finished()) {
        task.abort();
        // The error says that it was aborted.
        drop(task.await);
    }
    Ok(tokio::task::spawn_blocking(move || store.close()).await?)
}

fn server_limits(config: &Config) -> ServerLimits {
    ServerLimits {
        header_timeout: Duration::from_secs(config.server.header_timeout_s),
        write_timeout: Duration::from_secs(config.server.write_timeout_s),
        connections_max: config.server.connections_max,
        connections_per_address: config.limits.enabled.then_some(config.limits.connections_per_address),
        drain: config.drain().mul_f64(CONNECTIONS_END_AT),
    }
}

fn memories(config: &Config, store: &Store, clock: &SharedClock) -> Memories {
    let ttl_ms = i64::try_from(config.memory.short_term_ttl_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
    Memories::new(store.clone(), Arc::clone(clock), ttl_ms)
}

/// Whoever answers, with what is remembered of the customer.
fn remembering(inner: Arc<dyn Responder>, memories: &Memories) -> Arc<dyn Responder> {
    Arc::new(Recalling::new(inner, Arc::new(memories.clone())))
}

/// What every door is given.
fn doors(engine: Engine, config: &Config, clock: SharedClock, stopping: watch::Receiver<bool>) -> Doors {
    Doors {
        engine,
        clock,
        limiter: if config.limits.enabled { RateLimiter::new() } else { RateLimiter::off() },
        care_connections: Connections::new(config.limits.care_connections_max),
        viewers: Arc::default(),
        meters: Meters::registered(&router::DIALECTS),
        stopping,
        config: config.clone(),
    }
}

/// What organizations know, and who reads their documents.
fn knowledge(
    config: &Config,
    parts: &Parts,
    library: Library,
    reader: Option<PathBuf>,
) -> Result<(engine::Knowledge, Librarian)> {
    let program = reader.map_or_else(std::env::current_exe, Ok).context("this program has no path to start it by")?;
    Ok(engine::Knowledge::new(KnowledgeParts {
        store: parts.store.clone(),
        clock: Arc::clone(&parts.clock),
        library,
        readers: Readers::new(config.documents.readers(program)),
        fetch: config.documents.fetch(),
        limits: config.documents.limits(config.knowledge.relevance_floor),
    }))
}

fn system(parts: &Parts, directory: &Arc<Directory>, desks: &Arc<Desks>, analytics: &Analytics) -> System {
    let (directory, desks, bus) = (Arc::clone(directory), Arc::clone(desks), Arc::clone(&parts.bus));
    System::new(directory, desks, analytics.clone(), bus, parts.store.clone(), Arc::clone(&parts.clock))
}

fn privacy(
    parts: &Parts,
    directory: &Arc<Directory>,
    analytics: &Analytics,
    accounts: &Accounts,
    cache: &AnswerCache,
) -> Result<(Privacy, privacy::Worker), StoreError> {
    let (store, clock, directory) = (parts.store.clone(), Arc::clone(&parts.clock), Arc::clone(directory));
    let mut kept = privacy::kept::all();
    kept.push(Box::new(CustomersAccounts { accounts: Some(accounts.clone()) }));
    kept.push(Box::new(cache.clone()));
    Privacy::new(store, clock, directory, Arc::clone(&parts.bus), analytics.clone(), kept)
}

fn sessions(parts: &Parts, directory: &Arc<Directory>) -> Sessions {
    let (bus, policies) = (Arc::clone(&parts.bus), Arc::clone(&parts.policies));
    Sessions::new(Arc::clone(directory), bus, parts.store.clone(), policies, Arc::clone(&parts.clock))
}

async fn desks(parts: &Parts, directory: &Arc<Directory>, hook: HookConfig) -> Result<Arc<Desks>> {
    let desks = DeskParts {
        store: parts.store.clone(),
        bus: Arc::clone(&parts.bus),
        clock: Arc::clone(&parts.clock),
        policies: Arc::clone(&parts.policies),
        directory: Arc::clone(directory),
        hook,
    };
    Desks::start(desks).await.map_err(|why| anyhow!("the desks do not start: {why}"))
}

async fn accounts(config: &Config, store: &Store, clock: &SharedClock) -> Result<Accounts> {
    let passwords = Passwords::new(config.auth.parallel_hashes_max);
    let attempts = if config.limits.enabled { LoginAttempts::new() } else { LoginAttempts::off() };
    Accounts::new(store.clone(), Arc::clone(clock), passwords, attempts, config.auth.token_ttl_s)
        .await
        .context("accounts")
}

fn bootstrap(config: &Config) -> Result<Bootstrap> {
    let email = Email::parse(&config.bootstrap.admin_email).context("bootstrap.admin_email")?;
    Ok(Bootstrap {
        admin_email: Some(email),
        admin_password: config::given(&config.bootstrap.admin_password),
        api_key: config::given(&config.bootstrap.api_key),
    })
}

/// Who answers, with all that stands around it.
fn responder(
    config: &Config,
    clock: &SharedClock,
    thrift: &Thrift,
    model: Option<Arc<dyn Responder>>,
    means: Means,
    (library, store): (&Library, &Store),
) -> Result<Option<Arc<dyn Responder>>> {
    let assistant = &config.assistant;
    if assistant.provider == Provider::None {
        return Ok(None);
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
    let name = assistant.openai_model.clone();
    let answering = match (model, assistant.provider) {
        (Some(given), _) => thrift.metered(given, builtin, name),
        (None, Provider::Openai) => thrift.metered(openai(config, clock, &builtin, means)?, builtin, name),
        // Without a model of its own the installation still asks those that organizations bring along, and pay for.
        (None, Provider::Builtin | Provider::None) => openai(config, clock, &builtin, means)?,
    };
    // Outermost what hides the customer's values, innermost what holds answers to the rules, which read the passages. What is
    // answered from the cache needs no passages.
    let guarded = Arc::new(Guarded::around(answering, &knowledge));
    let informed = Arc::new(Informed::new(finder, guarded));
    Ok(Some(Arc::new(Masked::around(thrift.cached(informed, config)))))
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

fn openai(config: &Config, clock: &SharedClock, builtin: &Arc<Builtin>, means: Means) -> Result<Arc<dyn Responder>> {
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
    let openai = OpenAi::equipped(settings, Arc::clone(builtin), fallback, equipment);
    Ok(Arc::new(openai.context("assistant.openai_base_url")?))
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}
