//! The only place that wires the parts together. Imports everything.
//!
//! `answering` builds who answers and what stands around them, `thrift` what saves calls, `followers` what runs beside the doors,
//! `outbox` what is delivered outside, `channels` what others' networks bring, `whatsapp`, `email`, `sms` and `signed` a channel each, `files` where
//! their bytes are, `transcription` who writes down voice notes, `secrets` the key that secrets are sealed with, `sweep` what forgets, `operator`
//! what is done to customers without a server. Deliberately absent: any rule.

mod answering;
mod channels;
mod email;
mod files;
mod followers;
pub mod operator;
mod outbox;
mod secrets;
mod signed;
mod sms;
mod sweep;
mod thrift;
mod transcription;
mod whatsapp;

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
use crate::assistant::Responder;
use crate::assistant::tools::HttpTools;
use crate::assistant::transcribe::Transcriber;
use crate::auth::{Connections, LoginAttempts, Passwords, RateLimiter};
use crate::bus::Bus;
use crate::clock::{SharedClock, SystemClock};
use crate::config::{self, Config};
use crate::domain::{Email, Policy, decide};
use crate::engine::accounts::{Bootstrap, CustomersAccounts, FirstStart};
use crate::engine::knowledge::{KnowledgeParts, Librarian};
use crate::engine::memories::Learner;
use crate::engine::{
    self, Accounts, Advice, Analytics, AnswerCache, Audit, CannedReplies, Costs, Customers, Desk, Engine, Privacy,
    Sessions, Settings, System, Tools, UnansweredQuestions, VoiceNotes, privacy,
};
use crate::http::server::{self, ServerLimits};
use crate::http::{Doors, router};
use crate::knowledge::extract::Readers;
use crate::knowledge::{Embedder, Library};
use crate::outward::Reach;
use crate::store::{Completions, Store, StoreError, StoreLimits};
use crate::telemetry::{self, Meters};

use answering::{Answering, Given};
use channels::Channels;
use followers::{Followers, Following};
use outbox::Outbox;

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
    /// Who writes down voice notes, instead of the configured one.
    pub transcriber: Option<Arc<dyn Transcriber>>,
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
            transcriber: None,
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
    privacy: Privacy,
    directory: Arc<Directory>,
    desks: Arc<Desks>,
    library: Library,
    store: Store,
    sweep: JoinHandle<()>,
    policy: Arc<Policy>,
    followers: Followers,
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
        let given = Given { embedder: world.embedder, responder: world.responder, model: world.model };
        let answering = Answering::new(&config, &world.clock, &store, place.as_ref(), given)?;
        let parts = Parts {
            store: store.clone(),
            bus: Arc::new(Bus::default()),
            clock: Arc::clone(&world.clock),
            policies: Arc::clone(&policies),
            responder: answering.responder.clone(),
            rules: world.rules,
            limits: config.actor_limits(),
        };
        let directory = actors::start(parts.clone()).await.map_err(|why| anyhow!("the actors do not start: {why}"))?;
        // Before the first start makes secrets: a port that is taken must not cost them.
        let listener = TcpListener::bind(config.server.listen).await.context("server.listen")?;
        let accounts = accounts(&config, &store, &world.clock).await?;
        let first_start = accounts.bootstrap(bootstrap(&config)?).await.context("bootstrap")?;
        let desks = desks(&parts, &directory, config.hook()).await?;
        let library = answering.library.clone();
        let files = files::service(&config, &parts, place.as_ref())?;
        let outbox = Outbox::start(&config, &parts, &directory, place.as_ref(), &files).await?;
        let around = Around { directory: &directory, desks: &desks, accounts, outbox, files };
        let transcriber =
            world.transcriber.map_or_else(|| transcription::transcriber(&config, &world.clock, place.as_ref()), Ok)?;
        let others = (transcriber, world.reader);
        let (engine, followers, sweep) = engine(&config, &parts, around, answering, others)?;
        let (sessions, privacy) = (engine.sessions.clone(), engine.privacy.clone());
        let (stop, stopping) = watch::channel(false);
        let router = router::build(&Arc::new(doors(engine, &config, world.clock, stopping)), metrics);
        Ok(Self {
            listener,
            router,
            sessions,
            privacy,
            directory,
            desks,
            library,
            store,
            sweep,
            policy,
            followers,
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

    /// What becomes of what is kept of customers, for the same.
    pub const fn privacy(&self) -> &Privacy {
        &self.privacy
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
        let Following { tasks, mut feeder, mut librarian, mut accountants, all_ended } =
            self.followers.start(&self.stop);
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
            (&mut librarian).await?;
            self.library.close().await;
            (&mut feeder).await?;
            anyhow::Ok(())
        };
        match timeout_at(began + self.drain.mul_f64(SESSIONS_END_AT), drained).await {
            Ok(drained) => drained?,
            Err(_elapsed) => tracing::warn!("some commands were still under way at the end of the drain"),
        }
        let tasks = tasks.into_iter().chain([self.sweep, recovery, desks, feeder, librarian, accountants]);
        let closed = close(self.store, tasks);
        match timeout_at(began + self.drain, closed).await {
            Ok(closed) => closed?,
            Err(_elapsed) => tracing::warn!("the store was not closed at the end of the drain"),
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// What stands before the engine's services.
struct Around<'a> {
    directory: &'a Arc<Directory>,
    desks: &'a Arc<Desks>,
    accounts: Accounts,
    outbox: Outbox,
    files: engine::Files,
}

/// The services that the doors hold, and what runs beside them.
fn engine(
    config: &Config,
    parts: &Parts,
    Around { directory, desks, accounts, outbox, files }: Around<'_>,
    answering: Answering,
    (transcriber, reader): (Arc<dyn Transcriber>, Option<PathBuf>),
) -> Result<(Engine, Followers, JoinHandle<()>)> {
    let (store, clock) = (|| parts.store.clone(), || Arc::clone(&parts.clock));
    let Answering { responder, model_of, library, memories, thrift, accountants } = answering;
    let audit = Audit::new(store(), clock(), config.audit_kept());
    let (costs, cache) = thrift.services(config);
    let sessions = sessions(parts, directory);
    let audio = voice_notes(config, parts, &sessions, transcriber, &thrift);
    let (analytics, projector) = Analytics::new(store());
    let settings = Settings::new(store(), Arc::clone(&parts.policies), clock());
    let deadline = Duration::from_millis(parts.policies.base().deadline_ms);
    let customers = Customers::new(store(), sessions.clone(), clock());
    let learner = Learner::new(store(), memories.clone(), customers.clone(), sessions.clone());
    let (couriers, states) = (Arc::clone(outbox.couriers()), Arc::clone(outbox.states()));
    let channels = Channels::new(config, parts, &outbox, (&sessions, &customers), (&files, &audio))?;
    let Channels { whatsapp, media, mail, onward, sms, signed_channels, dispatches, channel_accounts } = channels;
    let (webhooks, feeder) = outbox.services(config, parts);
    let (kept, followers) = ((&cache, &costs, &memories, &files), privacy::followers().collect());
    let (privacy, eraser) = privacy(parts, directory, (&analytics, &library), &accounts, kept, followers)?;
    let kept = sweep::Kept::of((&accounts, &audit, &costs), (&mail, &memories, &privacy), &library);
    let (knowledge, librarian) = knowledge(config, parts, library.clone(), reader)?;
    let (unanswered, collector) = UnansweredQuestions::new(store(), clock(), knowledge.clone());
    let engine = Engine {
        whatsapp,
        mail: mail.clone(),
        onward,
        sms: sms.clone(),
        signed_channels,
        dispatches,
        channel_accounts,
        files: files.clone(),
        desk: Desk::new(Arc::clone(desks), sessions.clone(), accounts.clone(), store()),
        advice: Advice::new(responder.clone(), settings.clone(), deadline),
        system: system(parts, directory, desks, &analytics).with_couriers(couriers).with_channels(states),
        tools: Tools::new(store(), clock(), HttpTools::new(Reach::of(config.assistant.private_addresses)), model_of),
        canned: CannedReplies::new(store(), clock()),
        store: store(),
        accounts,
        sessions,
        customers,
        memories,
        privacy,
        audit,
        settings,
        analytics,
        costs,
        cache,
        unanswered,
        webhooks,
        knowledge,
        audio,
        library,
        responder,
    };
    let sms = (sms, Duration::from_secs(config.sms.catch_up_s));
    let followers =
        Followers { projector, learner, eraser, librarian, collector, feeder, mail, sms, files, media, accountants };
    Ok((engine, followers, tokio::spawn(sweep::sweep(kept))))
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
    let program = reader.map_or_else(own_program, Ok).context("this program has no path to start it by")?;
    Ok(engine::Knowledge::new(KnowledgeParts {
        store: parts.store.clone(),
        clock: Arc::clone(&parts.clock),
        library,
        readers: Readers::new(config.documents.readers(program)),
        fetch: config.documents.fetch(),
        policies: Arc::clone(&parts.policies),
        limits: config.documents.limits(config.knowledge.relevance_floor),
    }))
}

/// What starts this very program once more, also after another version was put in the place of its file.
fn own_program() -> std::io::Result<PathBuf> {
    const RUNNING: &str = "/proc/self/exe";
    if std::path::Path::new(RUNNING).exists() { Ok(PathBuf::from(RUNNING)) } else { std::env::current_exe() }
}

fn system(parts: &Parts, directory: &Arc<Directory>, desks: &Arc<Desks>, analytics: &Analytics) -> System {
    let (directory, desks, bus) = (Arc::clone(directory), Arc::clone(desks), Arc::clone(&parts.bus));
    System::new(directory, desks, analytics.clone(), bus, parts.store.clone(), Arc::clone(&parts.clock))
}

fn privacy(
    parts: &Parts,
    directory: &Arc<Directory>,
    (analytics, library): (&Analytics, &Library),
    accounts: &Accounts,
    (cache, costs, memories, files): (&AnswerCache, &Costs, &engine::Memories, &engine::Files),
    followers: Vec<&'static str>,
) -> Result<(Privacy, privacy::Worker), StoreError> {
    let (store, clock, directory) = (parts.store.clone(), Arc::clone(&parts.clock), Arc::clone(directory));
    let mut kept = privacy::kept::all();
    kept.push(Box::new(CustomersAccounts { accounts: Some(accounts.clone()) }));
    kept.push(Box::new(cache.clone()));
    kept.push(Box::new(costs.clone()));
    kept.push(Box::new(memories.clone()));
    kept.push(Box::new(files.clone()));
    Privacy::new(store, clock, directory, Arc::clone(&parts.bus), (analytics.clone(), library.clone()), kept, followers)
}

fn voice_notes(
    config: &Config,
    parts: &Parts,
    sessions: &Sessions,
    transcriber: Arc<dyn Transcriber>,
    thrift: &thrift::Thrift,
) -> VoiceNotes {
    let budget = config.limits.session_audio_bytes;
    VoiceNotes::new(parts.store.clone(), sessions.clone(), transcriber, thrift.ledger(), budget)
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
