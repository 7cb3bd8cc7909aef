//! The one place that knows how to start the app: inside the test's own process on a free port, with a store in a folder
//! of its own, or as a process of its own that can be killed.

use std::fs::OpenOptions;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use switchboard::actors::desk::Desks;
use switchboard::app::{App, World};
use switchboard::config::Config;
use switchboard::engine::{Privacy, Sessions};
use switchboard::store::{Completions, Store, StoreError, StoreLimits, StoreUrl};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// An API key with all permissions, known to every started app.
pub(crate) const API_KEY: &str = "it-api-key-0123456789abcdef";

/// The administrator of every started app.
pub(crate) const ADMIN_EMAIL: &str = "admin@example.com";

/// Their password.
pub(crate) const ADMIN_PASSWORD: &str = "Admin-password-1";

/// What every started app seals its secrets with.
pub(crate) const SECRETS_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// The longest a test waits for something that should happen at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running app in this process.
pub(crate) struct TestApp {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
    store: Store,
    sessions: Sessions,
    privacy: Privacy,
    desks: Arc<Desks>,
    data: TempDir,
    config: Config,
}

/// Settings as a test wants them: limits off, no quiet window, quick drain.
pub(crate) fn test_config() -> Config {
    let mut config = Config::load(None).expect("the defaults are good");
    config.server.listen = "127.0.0.1:0".parse().expect("an address");
    config.server.drain_s = 2;
    config.limits.enabled = false;
    config.assistant.quiet_ms = 0;
    config.secrets.key = SecretString::from(SECRETS_KEY);
    config.bootstrap.admin_email = ADMIN_EMAIL.to_owned();
    config.bootstrap.admin_password = SecretString::from(ADMIN_PASSWORD);
    config.bootstrap.api_key = SecretString::from(API_KEY);
    config
}

impl TestApp {
    /// Starts with the usual settings.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with changed settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_in_world(change, World::default()).await
    }

    /// Starts with changed settings in another world: a clock, rules or a transcriber of the test's.
    pub(crate) async fn start_in_world(change: impl FnOnce(&mut Config), world: World) -> Self {
        let mut config = test_config();
        change(&mut config);
        let data = tempfile::tempdir().expect("a folder");
        Self::start_on(config, world, data).await
    }

    /// Starts with these settings on a store that is there.
    pub(crate) async fn start_on(config: Config, world: World, data: TempDir) -> Self {
        let (store, completions) = match world.store {
            Some(given) => given,
            None => open(&data.path().join("db")).await,
        };
        let reader = world.reader.or_else(|| Some(PathBuf::from(env!("CARGO_BIN_EXE_switchboard"))));
        let world = World { store: Some((store.clone(), completions)), reader, ..world };
        let app = App::build(config.clone(), world).await.expect("the app starts");
        let address = app.address().expect("an address");
        let (sessions, desks, privacy) = (app.sessions().clone(), Arc::clone(app.desks()), app.privacy().clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            app.run_until(stop).await.expect("the app runs");
        });
        Self { address, stop: Some(stop), served: Some(served), store, sessions, privacy, desks, data, config }
    }

    /// `http://127.0.0.1:PORT/path`
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `ws://127.0.0.1:PORT/path`
    pub(crate) fn ws_url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its store, to look at what is durable.
    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// Its conversations, without a door.
    pub(crate) const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// What becomes of what it keeps of customers, without a door.
    pub(crate) const fn privacy(&self) -> &Privacy {
        &self.privacy
    }

    /// Its desks, without a door.
    pub(crate) const fn desks(&self) -> &Arc<Desks> {
        &self.desks
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.end().await;
        self.data
    }

    /// Stops it and starts it again on the same data, with changed settings.
    pub(crate) async fn restart_with(self, change: impl FnOnce(&mut Config)) -> Self {
        self.restart_in_world(change, World::default()).await
    }

    /// The same, in another world.
    pub(crate) async fn restart_in_world(mut self, change: impl FnOnce(&mut Config), world: World) -> Self {
        self.end().await;
        let mut config = self.config.clone();
        change(&mut config);
        let Self { data, store, sessions, privacy, desks, .. } = self;
        drop((store, sessions, privacy, desks));
        Self::start_on(config, world, data).await
    }

    async fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(served) = self.served.take() {
            tokio::time::timeout(PATIENCE, served).await.expect("it stops in time").expect("it stops well");
        }
    }
}

/// Opens the store, as soon as the last task of an app that stopped has let go of it.
async fn open(directory: &Path) -> (Store, Completions) {
    let began = Instant::now();
    loop {
        match Store::open(&StoreUrl::Fjall(directory.to_owned()), StoreLimits::default()) {
            Err(StoreError::Locked(_)) if began.elapsed() < PATIENCE => tokio::task::yield_now().await,
            opened => return opened.expect("a store"),
        }
    }
}

/// The real program as a process, for kills and for the command line.
pub(crate) struct Process {
    child: Child,
    data: PathBuf,
    port: u16,
    settings: Vec<(String, String)>,
    log: Option<PathBuf>,
    program: PathBuf,
}

impl Process {
    /// Starts the server on a free port with its data in `data`, and waits until it is ready. Settings are
    /// `SECTION__KEY` and value.
    pub(crate) async fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_on(data, settings, None, program()).await
    }

    /// The same, of a copy of the program.
    pub(crate) async fn start_copy(data: &Path, settings: &[(&str, &str)], copy: &Path) -> Self {
        std::fs::copy(program(), copy).expect("a copy");
        Self::start_on(data, settings, None, copy.to_owned()).await
    }

    /// As [`Self::start`]; what it logs, from every start, goes to the end of a file.
    pub(crate) async fn start_logged(data: &Path, settings: &[(&str, &str)], log: &Path) -> Self {
        Self::start_on(data, settings, Some(log.to_owned()), program()).await
    }

    async fn start_on(data: &Path, settings: &[(&str, &str)], log: Option<PathBuf>, program: PathBuf) -> Self {
        let settings: Vec<_> = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let port = free_port();
        let child = spawn(&program, data, port, &settings, log.as_deref());
        let process = Self { child, data: data.to_owned(), port, settings, log, program };
        process.ready().await;
        process
    }

    /// `host:port`
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, now.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ended");
    }

    /// Starts again on the same port and data.
    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(&self.program, &self.data, self.port, &self.settings, self.log.as_deref());
        self.ready().await;
    }

    /// Sends SIGTERM and waits for the exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let killed = Command::new("kill").arg("-TERM").arg(self.id().to_string()).status().expect("kill runs");
        assert!(killed.success());
        self.child.wait().expect("it ended").code()
    }

    async fn ready(&self) {
        let url = format!("http://{}/readyz", self.address());
        let client = reqwest::Client::new();
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("the server is not ready after {PATIENCE:?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago, below the range that the system gives out by itself.
pub(crate) fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 20_000 + u16::try_from(std::process::id() % 9_000).expect("small");
    loop {
        let port = base + NEXT.fetch_add(1, Ordering::Relaxed) % 3_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The program under test.
fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_switchboard"))
}

fn spawn(program: &Path, data: &Path, port: u16, settings: &Vec<(String, String)>, log: Option<&Path>) -> Child {
    let append = |log: &Path| OpenOptions::new().create(true).append(true).open(log).expect("a log");
    let mut command = Command::new(program);
    command
        .arg("serve")
        .env("SWITCHBOARD_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("SWITCHBOARD_STORE__URL", format!("fjall:{}", data.display()))
        .env("SWITCHBOARD_LIMITS__ENABLED", "false")
        .env("SWITCHBOARD_ASSISTANT__QUIET_MS", "0")
        .env("SWITCHBOARD_BOOTSTRAP__API_KEY", API_KEY)
        .env("SWITCHBOARD_BOOTSTRAP__ADMIN_PASSWORD", ADMIN_PASSWORD)
        .stdout(Stdio::null())
        .stderr(log.map_or_else(Stdio::null, |log| append(log).into()));
    for (key, value) in settings {
        command.env(format!("SWITCHBOARD_{key}"), value);
    }
    command.spawn().expect("the program starts")
}
