//! The scanner: a program of the operator's that says of each file whether it does harm. It runs beside the runtime, a few at a time, and
//! is killed with all that it started at a deadline, or when nobody waits for its word any more.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::program::{Folder, Group, HeldFile};

/// Files that are scanned at the same time; others wait.
const PARALLEL_MAX: usize = 4;

/// Stands for the name of a file that holds the bytes.
const PATH: &str = "{path}";

/// What a file with the bytes ends in: what it is called says nothing of what it is.
const EXTENSION: &str = "bin";

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
    folder: Folder,
    deadline: Duration,
    places: Arc<Semaphore>,
}

impl Scanner {
    /// A scanner by this command: the program and its arguments. It gets the bytes on its input, or, where an argument has `{path}`, in
    /// a file in `folder`, which belongs to this scanner alone and is emptied here. None without a program.
    pub fn new(argv: &[String], folder: &Path, deadline: Duration) -> Option<Self> {
        argv.first()?;
        let folder = Folder::emptied(folder.to_owned());
        Some(Self { argv: argv.into(), folder, deadline, places: Arc::new(Semaphore::new(PARALLEL_MAX)) })
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
            true => Some(self.folder.file(EXTENSION, bytes).await?),
            false => None,
        };
        let mut group = self.start(file.as_ref().map(HeldFile::path))?;
        let input = group.leader().stdin.take();
        let hear = async {
            if let (Some(mut input), None) = (input, &file) {
                // One that has read enough ends before it has read all.
                let _ = input.write_all(bytes).await;
            }
            group.leader().wait().await
        };
        let ended = timeout(self.deadline, hear).await;
        let ended = ended.map_err(|_elapsed| std::io::Error::other("it took too long"))??;
        group.is_over();
        Ok(match ended.code() {
            Some(0) => Verdict::Clean,
            Some(1) => Verdict::Infected,
            _ => Verdict::Unknown,
        })
    }

    fn start(&self, path: Option<&Path>) -> std::io::Result<Group> {
        let path = path.map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        let mut argv = self.argv.iter().map(|argument| argument.replace(PATH, &path));
        let mut command = Command::new(argv.next().unwrap_or_default());
        command.args(argv).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Group::start(command)
    }
}
