//! A program of this machine that writes down what is said: started per note, without a shell, with the audio in a file or on its
//! input and the words on its output.
//!
//! It has a deadline, after which it is killed with all that it started, and bounds of memory, processor time and output. A file
//! lives as long as its note; what a kill of this server leaves behind is removed at its next start.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::fs::OpenOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use uuid::Uuid;

use super::words::words;
use super::{Audio, Transcriber, UNAVAILABLE};
use crate::domain::Refusal;

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

/// Settings, and so secrets, of this server, which no other program needs.
const OWN_SETTINGS: &str = "SWITCHBOARD_";

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
        if let Err(why) = emptied(&config.folder) {
            tracing::warn!(%why, "the folder for voice notes that are written down can not be emptied");
        }
        Self { config: Arc::new(config) }
    }
}

impl Transcriber for CommandTranscriber {
    fn transcribe(&self, audio: Audio, language: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        let config = Arc::clone(&self.config);
        async move {
            let heard = config.run(&audio, language).await;
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
    async fn run(&self, audio: &Audio, language: Option<String>) -> Result<String, Failed> {
        let by_file = self.argv.iter().any(|word| word.contains(FILE));
        let file = if by_file { Some(File::with(&self.folder, audio).await.map_err(Failed::File)?) } else { None };
        let input = if by_file { &[] } else { audio.bytes().as_ref() };
        let mut group = self.start(file.as_ref(), language.as_deref())?;
        let said = timeout(self.timeout, converse(&mut group.leader, input)).await;
        group.over = matches!(said, Ok(Ok(_)));
        let (status, output, errors) = said.map_err(|_elapsed| Failed::TooSlow)??;
        if !status.success() {
            return Err(Failed::Ended { status, complaint: last_line(&errors) });
        }
        String::from_utf8(output).map_err(|_| Failed::NoText)
    }

    fn start(&self, file: Option<&File>, language: Option<&str>) -> Result<Group, Failed> {
        let language = language.or(self.language.as_deref()).unwrap_or(ANY_LANGUAGE);
        let path = file.map(|file| file.0.to_string_lossy().into_owned()).unwrap_or_default();
        let mut words = self.argv.iter().map(|word| word.replace(FILE, &path).replace(LANGUAGE, language));
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).kill_on_drop(true).process_group(0);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(OWN_SETTINGS)) {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let leader = command.spawn().map_err(Failed::Start)?;
        let group = Group { leader, over: false };
        self.confine(&group).map_err(Failed::Start)?;
        Ok(group)
    }

    /// Takes from the program what it does not need, which holds for all that it starts from then on.
    #[cfg(target_os = "linux")]
    fn confine(&self, group: &Group) -> io::Result<()> {
        use rlimit::{Resource, prlimit};
        // Already gone: there is nothing to confine, and how it ended is seen.
        let Some(id) = group.leader.id().and_then(|id| i32::try_from(id).ok()) else { return Ok(()) };
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
    fn confine(&self, _group: &Group) -> io::Result<()> {
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

/// A program and all that it started: a group of processes, killed together unless it is over.
struct Group {
    leader: Child,
    over: bool,
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(id) = self.leader.id().filter(|_| !self.over) else { return };
        // The leader is killed by its handle. The others can only be reached by the group's number, which the leader keeps from
        // being used anew until then; there is no call for that without unsafe code, so the shell's own `kill` does it.
        let mut kill = Command::new("/bin/sh");
        kill.args(["-c", "kill -s KILL -- \"-$0\"", &id.to_string()]);
        kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Err(why) = kill.spawn() {
            tracing::warn!(%why, "what a command started that writes down voice notes may still run");
        }
    }
}

/// A file that is removed when nobody needs it any more.
struct File(PathBuf);

impl File {
    async fn with(folder: &Path, audio: &Audio) -> io::Result<Self> {
        let name = format!("{}.{}", Uuid::new_v4().simple(), audio.format().extension());
        // Removed also where it is only half written.
        let file = Self(folder.join(name));
        let mut open = OpenOptions::new();
        let mut written = open.write(true).create_new(true).mode(0o600).open(&file.0).await?;
        written.write_all(audio.bytes()).await?;
        written.flush().await?;
        Ok(file)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Quick, as no data is touched; and nothing can wait in a drop.
        if let Err(why) = std::fs::remove_file(&self.0)
            && why.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%why, "a file with a voice note can not be removed");
        }
    }
}

/// Makes the folder, readable by nobody else, and removes what is in it.
fn emptied(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for entry in std::fs::read_dir(folder)? {
        std::fs::remove_file(entry?.path())?;
    }
    Ok(())
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

    #[test]
    fn a_folder_is_emptied_when_it_begins() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("voice");
        emptied(&folder).unwrap();
        std::fs::write(folder.join("left.ogg"), "x").unwrap();
        emptied(&folder).unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }
}
