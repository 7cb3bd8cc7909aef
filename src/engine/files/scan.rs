//! The scanner: a program of the operator's that says of each file whether it does harm. It runs beside the runtime, a few at a time,
//! in a process group of its own that is killed at a deadline.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Files that are scanned at the same time; others wait.
const PARALLEL_MAX: usize = 4;

/// Stands for the name of a file that holds the bytes.
const PATH: &str = "{path}";

/// How long killing what did not end may take.
const KILL_MAX: Duration = Duration::from_secs(5);

/// What the scanner said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It ended with 0: no harm is known.
    Clean,
    /// It ended with 1: it does harm.
    Infected,
    /// Anything else: it could not say.
    Unknown,
}

/// See the module. A cheap clone.
#[derive(Debug, Clone)]
pub struct Scanner {
    argv: Arc<[String]>,
    deadline: Duration,
    places: Arc<Semaphore>,
}

impl Scanner {
    /// A scanner by this command: the program and its arguments. It gets the bytes on its input, or, where an argument has `{path}`, in
    /// a file. None without a program.
    pub fn new(argv: &[String], deadline: Duration) -> Option<Self> {
        argv.first()?;
        Some(Self { argv: argv.into(), deadline, places: Arc::new(Semaphore::new(PARALLEL_MAX)) })
    }

    /// What it says of these bytes; waits for a place first.
    pub async fn verdict(&self, bytes: &Bytes) -> Verdict {
        let Ok(_place) = self.places.acquire().await else { return Verdict::Unknown };
        self.scan(bytes).await.unwrap_or_else(|why| {
            tracing::warn!(%why, "a file can not be scanned");
            Verdict::Unknown
        })
    }

    async fn scan(&self, bytes: &Bytes) -> std::io::Result<Verdict> {
        let file = match self.argv.iter().any(|argument| argument.contains(PATH)) {
            true => Some(Handed::write(bytes).await?),
            false => None,
        };
        let mut child = self.start(file.as_ref().map(|file| file.0.as_path()))?;
        let input = child.stdin.take();
        let hear = async {
            if let (Some(mut input), None) = (input, &file) {
                // One that has read enough ends before it has read all.
                let _ = input.write_all(bytes).await;
            }
            child.wait().await
        };
        match timeout(self.deadline, hear).await {
            Ok(ended) => Ok(match ended?.code() {
                Some(0) => Verdict::Clean,
                Some(1) => Verdict::Infected,
                _ => Verdict::Unknown,
            }),
            Err(_elapsed) => {
                end_group(&mut child).await;
                Err(std::io::Error::other("it took too long"))
            }
        }
    }

    fn start(&self, path: Option<&Path>) -> std::io::Result<Child> {
        let path = path.map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        let mut argv = self.argv.iter().map(|argument| argument.replace(PATH, &path));
        let mut command = Command::new(argv.next().unwrap_or_default());
        command.args(argv).current_dir("/").kill_on_drop(true).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn()
    }
}

/// Kills a process with all that it has started. What has no group of its own any more is killed alone.
async fn end_group(child: &mut Child) {
    if let Some(id) = child.id() {
        // The standard library kills one process only.
        let kill = Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).stderr(Stdio::null()).status();
        let _ = timeout(KILL_MAX, kill).await;
    }
    let _ = timeout(KILL_MAX, child.kill()).await;
}

/// A file that is there as long as this is held.
struct Handed(PathBuf);

impl Handed {
    async fn write(bytes: &Bytes) -> std::io::Result<Self> {
        let handed = Self(std::env::temp_dir().join(format!("switchboard-scan-{}", uuid::Uuid::new_v4())));
        let mut options = tokio::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&handed.0).await?;
        file.write_all(bytes).await?;
        file.flush().await?;
        Ok(handed)
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        // It is gone already, or nobody can take it away.
        let _ = std::fs::remove_file(&self.0);
    }
}
