//! Reads documents: plain text here, everything else in a process of its own, a few at a time, each with a deadline after which
//! it is killed.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::child::{Order, Said};
use super::{Bounds, Extracted, Fault, Format, read};

/// The most bytes that a reading process may say, of which the text is the greatest part.
const SAID_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What ends a process that used up its processor time.
const SIGXCPU: i32 = 24;

/// What ends a process that is killed from outside, or by the kernel at the hard limit of its processor time.
const SIGKILL: i32 = 9;

/// How documents are read.
#[derive(Debug, Clone)]
pub struct ReaderConfig {
    /// The program whose command `extract` reads a file: this one.
    pub program: PathBuf,
    /// What may come of reading.
    pub bounds: Bounds,
    /// How long reading one file may take by the clock.
    pub deadline: Duration,
    /// How many files are read at the same time.
    pub parallel_max: usize,
}

/// Why nothing is known about a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The file is to blame; trying again gives the same.
    #[error("{0}")]
    File(#[from] Fault),
    /// The machine is to blame: no process could be started or spoken to.
    #[error("documents can not be read now: {0}")]
    Machine(String),
}

/// See the module. A cheap clone.
#[derive(Debug, Clone)]
pub struct Readers {
    config: Arc<ReaderConfig>,
    places: Arc<Semaphore>,
}

impl Readers {
    /// Readers with these bounds.
    pub fn new(config: ReaderConfig) -> Self {
        Self { places: Arc::new(Semaphore::new(config.parallel_max)), config: Arc::new(config) }
    }

    /// How many files are read at the same time.
    pub fn parallel_max(&self) -> usize {
        self.config.parallel_max
    }

    /// Reads a document; waits for a place first.
    ///
    /// # Errors
    /// `File` with what is wrong with the file; `Machine` when it is worth trying again.
    pub async fn read(&self, format: Format, charset: Option<&str>, bytes: Vec<u8>) -> Result<Extracted, ReadError> {
        let closed = |_closed| ReadError::Machine("it stops".to_owned());
        let _place = self.places.acquire().await.map_err(closed)?;
        let (charset, bounds) = (charset.map(str::to_owned), self.config.bounds);
        if !format.is_foreign() {
            let reading = tokio::task::spawn_blocking(move || read(format, charset.as_deref(), &bytes, &bounds));
            return Ok(reading.await.map_err(|_ended| ReadError::Machine("it stops".to_owned()))??);
        }
        let order = Order { format, charset, bounds };
        let mut child = self.start()?;
        match timeout(self.config.deadline, converse(&mut child, &order, &bytes)).await {
            Ok(said) => said,
            Err(_elapsed) => {
                // Dropping it would kill it too, but nobody would wait for it to be gone.
                drop(child.kill().await);
                Err(Fault::TooSlow.into())
            }
        }
    }

    fn start(&self) -> Result<Child, ReadError> {
        let mut command = Command::new(&self.config.program);
        command.arg("extract").env_clear().current_dir("/").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().map_err(|why| ReadError::Machine(format!("no process: {why}")))
    }
}

/// Gives the process its order and the file, hears what it says, and sees it end.
async fn converse(child: &mut Child, order: &Order, bytes: &[u8]) -> Result<Extracted, ReadError> {
    let machine = |why: &str| ReadError::Machine(why.to_owned());
    let mut line = serde_json::to_vec(order).map_err(|_| machine("the order can not be written"))?;
    line.push(b'\n');
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(machine("the process can not be spoken to"));
    };
    let give = async {
        // A process that ends early says by its end what is wrong.
        let _ = input.write_all(&line).await;
        let _ = input.write_all(bytes).await;
        drop(input);
    };
    let mut said = Vec::new();
    let hear = async {
        let mut output = output.take(SAID_MAX_BYTES + 1);
        let heard = output.read_to_end(&mut said).await;
        // Nobody hears the rest; a process that still speaks ends by that.
        drop(output);
        heard
    };
    let ((), heard) = tokio::join!(give, hear);
    let ended = child.wait().await.map_err(|why| machine(&format!("the process is lost: {why}")))?;
    heard.map_err(|why| machine(&format!("the process can not be heard: {why}")))?;
    understand(ended, &said)
}

/// What a process meant.
fn understand(ended: ExitStatus, said: &[u8]) -> Result<Extracted, ReadError> {
    if !ended.success() {
        return Err(fault_of(ended).into());
    }
    let line = said.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    match serde_json::from_slice(line) {
        Ok(Said::Read(extracted)) => Ok(extracted),
        Ok(Said::Failed(fault)) => Err(fault.into()),
        Err(_unreadable) => Err(Fault::Broke.into()),
    }
}

/// What the end of a process says about the file that it was reading.
fn fault_of(ended: ExitStatus) -> Fault {
    use std::os::unix::process::ExitStatusExt;
    match ended.signal() {
        Some(SIGXCPU | SIGKILL) => Fault::TooSlow,
        _ => Fault::Broke,
    }
}
