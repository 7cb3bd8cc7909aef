//! A program of this machine that writes down voice notes: a small script, and all that one may do instead.

use std::time::Duration;

use bytes::Bytes;
use switchboard::assistant::transcribe::{Audio, CommandConfig, CommandTranscriber, Transcriber};
use switchboard::domain::Refusal;
use tempfile::TempDir;
use tokio::time::timeout;

use super::{NOTE, assert_unavailable, kept, sent};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::pipe::Pipe;

const UNAVAILABLE: Refusal = Refusal::Unavailable { part: "transcriber" };

/// A script that is run for each note, and the folder for its files.
struct Script {
    transcriber: CommandTranscriber,
    folder: TempDir,
}

impl Script {
    fn new(script: &str) -> Self {
        Self::bounded(script, Duration::from_secs(20), None)
    }

    fn bounded(script: &str, timeout: Duration, memory_max_bytes: Option<u64>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let argv = ["sh", "-c", script, "voice", "{language}"];
        let argv = argv.map(str::to_owned).to_vec();
        let voice = folder.path().join("voice");
        let config = CommandConfig { argv, folder: voice, language: None, timeout, memory_max_bytes };
        Self { transcriber: CommandTranscriber::new(config), folder }
    }

    async fn hears(&self, audio: &[u8]) -> Result<String, Refusal> {
        let audio = Audio::new(Bytes::copy_from_slice(audio)).unwrap();
        timeout(PATIENCE, self.transcriber.transcribe(audio, Some("de".to_owned()))).await.expect("it ends in time")
    }

    /// Files that were left behind.
    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("voice")).unwrap().count()
    }
}

#[tokio::test]
async fn the_audio_is_in_a_file_named_by_what_it_is_which_is_gone_afterwards() {
    let script = Script::new(
        "file={file}; cat >/dev/null; printf '%s bytes of %s in %s\\n' \"$(wc -c <$file)\" \"${file##*.}\" \"$1\"",
    );
    let heard = script.hears(NOTE).await;
    assert_eq!(heard, Ok(format!("{} bytes of ogg in de", NOTE.len())));
    assert_eq!(script.files(), 0);
}

#[tokio::test]
async fn without_a_file_the_audio_is_on_the_input_however_much_it_is() {
    let mut audio = b"ID3".to_vec();
    audio.resize(1_000_000, 7);
    assert_eq!(Script::new("wc -c").hears(&audio).await.as_deref(), Ok("1000000"));
    // It need not be read, and complaints need no reader.
    let script = Script::new("yes complaint | head -c 300000 >&2; echo done");
    assert_eq!(script.hears(&audio).await.as_deref(), Ok("done"));
}

#[tokio::test]
async fn what_fails_is_said_to_be_unavailable_and_no_file_stays() {
    for failing in [
        "echo words; exit 3 # {file}",
        "kill -9 $$ # {file}",
        "yes # {file}",
        "printf '\\377\\376words' # {file}",
        "no-such-program {file}",
    ] {
        let script = Script::new(failing);
        assert_eq!(script.hears(NOTE).await, Err(UNAVAILABLE), "{failing}");
        assert_eq!(script.files(), 0, "{failing}");
    }
    let silent = Script::new(": {file}").hears(NOTE).await;
    assert_eq!(silent, Err(Refusal::invalid("audio", "holds no speech")), "a note without words");
}

#[tokio::test]
async fn a_program_that_takes_more_memory_than_may_be_is_refused_it() {
    // It reads first, so that its bounds stand before it begins.
    let greedy =
        "cat >/dev/null; test \"$(head -c 100000000 /dev/zero | tail -n 1 | wc -c)\" -eq 100000000 && echo words";
    assert_eq!(Script::new(greedy).hears(NOTE).await.as_deref(), Ok("words"));
    let bounded = Script::bounded(greedy, PATIENCE, Some(32 * 1024 * 1024));
    assert_eq!(bounded.hears(NOTE).await, Err(UNAVAILABLE));
}

/// A script that starts another process, tells so, and does not end.
fn endless(pipe: &Pipe) -> String {
    format!("{}; sleep 600 & wait; cat {{file}}", pipe.held())
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let mut pipe = Pipe::within(folder.path());
    let script = Script::bounded(&endless(&pipe), Duration::from_secs(1), None);
    assert_eq!(script.hears(NOTE).await, Err(UNAVAILABLE));
    pipe.begun().await;
    pipe.ended().await;
    assert_eq!(script.files(), 0);
}

#[tokio::test]
async fn a_note_that_nobody_waits_for_any_more_is_not_worked_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut pipe = Pipe::within(folder.path());
    let script = Script::new(&endless(&pipe));
    tokio::select! {
        heard = script.hears(NOTE) => panic!("it does not end: {heard:?}"),
        () = pipe.begun() => {}
    }
    pipe.ended().await;
    assert_eq!(script.files(), 0);
}

#[tokio::test]
async fn the_configured_program_hears_notes_of_customers() {
    let command = |script: &str| ["sh", "-c", script, "voice", "{file}"].map(str::to_owned).to_vec();
    let app = TestApp::start_with(|config| {
        config.transcription.command.0 = command("printf 'A file that ends in %s' \"${1##*.}\"");
    })
    .await;
    let reply = sent(&app, "s").await;
    assert_eq!((reply.status, reply.body["transcription"].as_str()), (200, Some("A file that ends in ogg")));
    let app = app.restart_with(|config| config.transcription.command.0 = command("exit 1")).await;
    assert_unavailable(&sent(&app, "t").await, "a program that fails");
    assert_eq!(kept(&app, "t"), 1);
    app.stop().await;
}
