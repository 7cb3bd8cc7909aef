//! `kill -9` while a note is written down, and what the log says of one that failed.

use std::path::Path;

use reqwest::Client;
use serde_json::{Value, json};

use super::{NOTE, PATH, note_of};
use crate::support::app::{API_KEY, PATIENCE, Process};
use crate::support::pipe::Pipe;
use crate::support::said::until_kept;

const WORDS: &str = "planted words of a customer";

async fn sent(server: &Process) -> Result<(u16, Value), reqwest::Error> {
    let url = format!("http://{}{PATH}", server.address());
    let note = Client::new().post(url).header("X-API-Key", API_KEY).header("Idempotency-Key", "k");
    let answer = note.json(&note_of(NOTE, "s")).timeout(PATIENCE).send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.json().await?))
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_was_being_written_down_when_the_server_was_killed_is_heard_once_when_it_is_sent_again() {
    let place = tempfile::tempdir().unwrap();
    let (data, gate) = (place.path().join("db"), place.path().join("gate"));
    // In the environment commas divide the words, so the script is in a file.
    let script = place.path().join("script");
    let mut pipe = Pipe::within(place.path());
    let waits = format!("test -e \"$2\" || {{ {}; exec sleep 600; }}\n", pipe.held());
    std::fs::write(&script, format!("{waits}env | grep -q ^SWITCHBOARD_ && exit 1\necho {WORDS}\n")).unwrap();
    let command = format!("sh,{},{{file}},{}", script.display(), gate.display());
    let mut server = Process::start(&data, &[("TRANSCRIPTION__COMMAND", &command)]).await;
    let folder = place.path().join("db-voice");
    tokio::select! {
        answer = sent(&server) => panic!("nobody has answered: {answer:?}"),
        () = pipe.begun() => {}
    }
    // One that nobody waits for any more leaves no file, one that was under way at a kill leaves one.
    pipe.ended().await;
    until_kept("its file is removed behind it", || files_in(&folder) == 0).await;
    let (_, ()) = tokio::join!(sent(&server), async {
        pipe.begun().await;
        std::process::Command::new("kill").args(["-9", &server.id().to_string()]).status().unwrap();
    });
    assert_eq!(files_in(&folder), 1);
    server.kill();
    std::fs::write(&gate, "").unwrap();
    server.start_again().await;
    assert_eq!(files_in(&folder), 0);
    for _ in 0..2 {
        let (status, answer) = sent(&server).await.unwrap();
        assert_eq!((status, &answer["transcription"]), (200, &json!(WORDS)), "{answer}");
    }
    let context = format!("http://{}/api/core/sessions/s/context", server.address());
    let context: Value =
        Client::new().get(context).header("X-API-Key", API_KEY).send().await.unwrap().json().await.unwrap();
    let history = context["context"]["conversation_history"].as_array().unwrap();
    assert_eq!(history.iter().filter(|line| line["content"] == WORDS).count(), 1, "{context}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_what_a_program_complained_of_last_and_nothing_of_what_was_said() {
    let place = tempfile::tempdir().unwrap();
    let (script, log) = (place.path().join("script"), place.path().join("log"));
    std::fs::write(&script, format!("echo {WORDS}\necho loading >&2\necho no model there >&2\nexit 3\n")).unwrap();
    let command = format!("sh,{},{{file}}", script.display());
    let settings = [("TRANSCRIPTION__COMMAND", command.as_str()), ("LOG__FILTER", "debug")];
    let mut server = Process::start_logged(&place.path().join("db"), &settings, &log).await;
    assert_eq!(sent(&server).await.unwrap().0, 503);
    server.terminate();
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains("no model there") && log.contains("exit status: 3"), "{log}");
    assert!(!log.contains(WORDS) && !log.contains("loading"), "{log}");
}
