//! A program of this machine that writes down what is said: started per note, without a shell, with the audio in a file or on its
//! input and the words on its output.
//!
//! It has a deadline, after which it is killed with all that it started, and bounds of memory, processor time and output. A file
//! lives as long as its note; what a kill of this server leaves behind is removed at its next start.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::words::words;
use super::{Audio, Transcriber, UNAVAILABLE};
use crate::domain::Refusal;
use crate::program::{Folder, Group, HeldFile};

/// Stands in the command for the file with the audio. Without it the audio is on the input.
const FILE: &str = "{file}";

/// Stands in the command for the language.
const LANGUAGE: &str = "{language}";

/// What stands there where nobody knows the language: what whisper's programs take for that.
const ANY_LANGUAGE: &str = "auto";

/// The most that a program may say; hours of speech are far less.
const OUTPUT_MAX_BYTES: u64 = 1024 * 1024;

/// The most of its complaints that is read, and of their last line that is in the log.
const ERRORS_MAX_BYTES: u64 = 64 * 1024;
const ERROR_MAX_CHARS: usize = 200;

/// The largest file that it may write for itself: hours of decoded audio.
const OWN_FILE_MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// How the program is started.
#[derive(Debug, Clone)]
pub struct CommandConfig {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Where files with audio are put. It belongs to this transcriber alone, which empties it when it begins.
    pub folder: PathBuf,
    /// The language that is spoken where nobody knows it better.
    pub language: Option<String>,
    /// How long one note may take.
    pub timeout: Duration,
    /// The address space that the program may take, in bytes; none: as much as there is.
    pub memory_max_bytes: Option<u64>,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct CommandTranscriber {
    config: Arc<CommandConfig>,
    folder: Folder,
}

/// Why there are no words. For the log: nothing of what was said.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the audio can not be written to a file: {0}")]
    File(io::Error),
    #[error("the command does not start: {0}")]
    Start(io::Error),
    #[error("the command can not be spoken to: {0}")]
    Speak(io::Error),
    #[error("the command took too long")]
    TooSlow,
    #[error("the command said too much")]
    TooMuch,
    #[error("the command said what is no text")]
    NoText,
    #[error("the command failed ({status}): {complaint}")]
    Ended { status: ExitStatus, complaint: String },
}

impl CommandTranscriber {
    /// Empties the folder of what an end without goodbye left there.
    pub fn new(config: CommandConfig) -> Self {
        let folder = Folder::emptied(config.folder.clone());
        Self { config: Arc::new(config), folder }
    }
}

impl Transcriber for CommandTranscriber {
    fn transcribe(&self, audio: Audio, language: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        let (config, folder) = (Arc::clone(&self.config), self.folder.clone());
        async move {
            let heard = config.run(&folder, &audio, language).await;
            heard.map_err(|why| {
                tracing::warn!(%why, "a voice note could not be written down");
                UNAVAILABLE
            })
        }
        .map(|heard: Result<String, Refusal>| words(&heard?))
        .boxed()
    }
}

impl CommandConfig {
    async fn run(&self, folder: &Folder, audio: &Audio, language: Option<String>) -> Result<String, Failed> {
        let by_file = self.argv.iter().any(|word| word.contains(FILE));
        let file = match by_file {
            true => Some(folder.file(audio.format().extension(), audio.bytes()).await.map_err(Failed::File)?),
            false => None,
        };
        let input = if by_file { &[] } else { audio.bytes().as_ref() };
        let mut group = self.start(file.as_ref(), language.as_deref())?;
        let said = timeout(self.timeout, converse(group.leader(), input)).await;
        if matches!(said, Ok(Ok(_))) {
            group.is_over();
        }
        let (status, output, errors) = said.map_err(|_elapsed| Failed::TooSlow)??;
        if !status.success() {
            return Err(Failed::Ended { status, complaint: last_line(&errors) });
        }
        String::from_utf8(output).map_err(|_| Failed::NoText)
    }

    fn start(&self, file: Option<&HeldFile>, language: Option<&str>) -> Result<Group, Failed> {
        let language = language.or(self.language.as_deref()).unwrap_or(ANY_LANGUAGE);
        let path = file.map(|file| file.path().to_string_lossy().into_owned()).unwrap_or_default();
        let mut words = self.argv.iter().map(|word| word.replace(FILE, &path).replace(LANGUAGE, language));
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::start(command).map_err(Failed::Start)?;
        self.confine(&mut group).map_err(Failed::Start)?;
        Ok(group)
    }

    /// Takes from the program what it does not need, which holds for all that it starts from then on.
    #[cfg(target_os = "linux")]
    fn confine(&self, group: &mut Group) -> io::Result<()> {
        use rlimit::{Resource, prlimit};
        // Already gone: there is nothing to confine, and how it ended is seen.
        let Some(id) = group.leader().id().and_then(|id| i32::try_from(id).ok()) else { return Ok(()) };
        let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
        let cpu_s = self.timeout.as_secs().max(1).saturating_mul(processors);
        let limits = [
            (Resource::CORE, Some(0)),
            (Resource::CPU, Some(cpu_s)),
            (Resource::FSIZE, Some(OWN_FILE_MAX_BYTES)),
            (Resource::AS, self.memory_max_bytes),
        ];
        for (resource, limit) in limits {
            let Some(limit) = limit else { continue };
            prlimit(id, resource, Some((limit, limit)), None)?;
        }
        Ok(())
    }

    /// Only Linux lets one process bound another.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as on Linux")]
    fn confine(&self, _group: &mut Group) -> io::Result<()> {
        Ok(())
    }
}

/// Gives the program the audio, hears what it says and complains of, and sees it end.
async fn converse(leader: &mut Child, audio: &[u8]) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), Failed> {
    let (input, output, errors) = (leader.stdin.take(), leader.stdout.take(), leader.stderr.take());
    let give = async {
        // A program that ends early says by its end what is wrong.
        if let Some(mut input) = input {
            let _ = input.write_all(audio).await;
        }
    };
    let hear = async {
        let said = heard(output, OUTPUT_MAX_BYTES + 1).await?;
        if said.len() as u64 > OUTPUT_MAX_BYTES { Err(Failed::TooMuch) } else { Ok(said) }
    };
    let complain = async {
        let mut errors = errors;
        let said = heard(errors.as_mut(), ERRORS_MAX_BYTES).await?;
        // The rest is read so that it does not wait for a reader, and kept by nobody.
        if let Some(errors) = &mut errors {
            tokio::io::copy(errors, &mut tokio::io::sink()).await.map_err(Failed::Speak)?;
        }
        Ok(said)
    };
    let ((), said, complaints) = futures_util::try_join!(give.map(Ok), hear, complain)?;
    let status = leader.wait().await.map_err(Failed::Speak)?;
    Ok((status, said, complaints))
}

async fn heard(from: Option<impl AsyncRead + Unpin>, max_bytes: u64) -> Result<Vec<u8>, Failed> {
    let mut said = Vec::new();
    if let Some(from) = from {
        from.take(max_bytes).read_to_end(&mut said).await.map_err(Failed::Speak)?;
    }
    Ok(said)
}

/// The last line that says something, as far as it belongs in a log.
fn last_line(errors: &[u8]) -> String {
    let errors = String::from_utf8_lossy(errors);
    let line = errors.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    line.trim().chars().filter(|letter| !letter.is_control()).take(ERROR_MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_complaints_the_last_line_is_told_and_no_more_of_it_than_belongs_in_a_log() {
        assert_eq!(last_line(b"loading\nerror: no model\x1b[0m \n\n"), "error: no model[0m");
        assert_eq!(last_line(b"\n \n"), "it says nothing");
        assert_eq!(last_line("ü".repeat(500).as_bytes()).chars().count(), ERROR_MAX_CHARS);
    }
}
