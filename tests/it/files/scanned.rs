//! What a scanner says: harm is refused, and of what it can not say nobody gets anything.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use switchboard::domain::Refusal;
use switchboard::engine::files::{Scanner, Uploader};
use uuid::Uuid;

use super::{Kept, over_with, session, upload};
use crate::support::app::{API_KEY, Process};
use crate::support::kv::MemoryKv;
use crate::support::rest::{message, send};

/// A folder for files that scanners read, which nobody looks into.
fn scanner(argv: &[String], deadline: Duration) -> Option<Scanner> {
    let folder = std::env::temp_dir().join(format!("switchboard-scanned-{}", Uuid::new_v4()));
    Scanner::new(argv, &folder, deadline)
}

fn kept(script: &str, deadline: Duration) -> Kept {
    let argv = ["sh".to_owned(), "-c".to_owned(), script.to_owned(), "scan".to_owned(), "{path}".to_owned()];
    let argv = if script.contains("$1") { &argv[..] } else { &argv[..3] };
    over_with(Arc::new(MemoryKv::default()), None, scanner(argv, deadline))
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_file_passes_or_is_refused_by_what_the_scanner_says_of_its_bytes() {
    for script in ["! grep -q HARM", "! grep -q HARM \"$1\""] {
        let kept = kept(script, LONG);
        let file = kept.files.put(&session("a"), upload("a.txt", "all is well")).await.unwrap();
        assert_eq!(kept.files.open(&session("a"), file.id).unwrap().whole().await.unwrap(), "all is well");
        let refused = kept.files.put(&session("a"), upload("b.txt", "this does HARM")).await.unwrap_err();
        assert!(matches!(&refused, Refusal::Invalid { why, .. } if why.contains("harm")), "{refused:?}");
        assert_eq!((kept.count("file"), kept.count("blob")), (1, 1));
    }
}

#[tokio::test]
async fn what_the_scanner_can_not_say_is_held_back_until_it_can() {
    let mark = tempfile::tempdir().unwrap();
    let knows = mark.path().join("knows");
    let kept = kept(&format!("test -e {} || exit 2", knows.display()), LONG);
    let file = kept.files.put(&session("a"), upload("a.txt", "who knows")).await.unwrap();
    kept.files.claim(&session("a"), Uploader::Customer, &[file.id]).await.unwrap();
    let held = Refusal::Unavailable { part: "file scanner" };
    assert_eq!(kept.files.open(&session("a"), file.id).err(), Some(held.clone()));
    kept.clock.forward_s(61);
    kept.files.sweep().await.unwrap();
    assert_eq!(kept.files.open(&session("a"), file.id).err(), Some(held), "it still can not say");
    std::fs::write(knows, "").unwrap();
    kept.clock.forward_s(121);
    kept.files.sweep().await.unwrap();
    assert_eq!(kept.files.open(&session("a"), file.id).unwrap().whole().await.unwrap(), "who knows");
}

#[tokio::test]
async fn what_turns_out_to_do_harm_is_never_handed_out() {
    let mark = tempfile::tempdir().unwrap();
    let knows = mark.path().join("knows");
    let kept = kept(&format!("test -e {} && exit 1; exit 2", knows.display()), LONG);
    let file = kept.files.put(&session("a"), upload("a.txt", "who knows")).await.unwrap();
    std::fs::write(knows, "").unwrap();
    kept.clock.forward_s(61);
    kept.files.sweep().await.unwrap();
    assert!(matches!(kept.files.open(&session("a"), file.id), Err(Refusal::Invalid { .. })));
    assert!(kept.files.claim(&session("a"), Uploader::Customer, &[file.id]).await.is_err());
}

#[tokio::test]
async fn a_scanner_that_hangs_or_is_not_there_holds_the_file_back_and_leaves_no_process() {
    let mark = tempfile::tempdir().unwrap();
    let pid = mark.path().join("pid");
    let script = format!("sleep 1000 & echo $! > {}; wait", pid.display());
    let hangs = kept(&script, Duration::from_millis(500));
    let file = hangs.files.put(&session("a"), upload("a.txt", "hello")).await.unwrap();
    assert!(hangs.files.open(&session("a"), file.id).is_err());
    let child = std::fs::read_to_string(pid).unwrap();
    let alive = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    let began = std::time::Instant::now();
    while alive() {
        assert!(began.elapsed() < LONG, "what the scanner started is still there");
        tokio::task::yield_now().await;
    }
    let missing = scanner(&["/nowhere/scanner".to_owned()], LONG);
    let missing = over_with(Arc::new(MemoryKv::default()), None, missing);
    let file = missing.files.put(&session("a"), upload("a.txt", "hello")).await.unwrap();
    assert!(missing.files.open(&session("a"), file.id).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_is_told_nothing_of_the_servers_settings() {
    let place = tempfile::tempdir().unwrap();
    let script = place.path().join("script");
    std::fs::write(&script, "env | grep -q ^SWITCHBOARD_ && exit 1\ngrep -q 'all is well' \"$1\"\n").unwrap();
    // In the environment commas divide the words.
    let command = format!("sh,{},{{path}}", script.display());
    let server = Process::start(&place.path().join("db"), &[("FILES__SCAN", &command)]).await;
    let post =
        |path: &str| Client::new().post(format!("http://{}{path}", server.address())).header("X-API-Key", API_KEY);
    assert_eq!(send(post("/api/core/messages").json(&message("s", "Hello"))).await.status, 200);
    let brought = send(post("/api/core/sessions/s/files?name=a.txt").body("all is well")).await;
    assert_eq!(brought.status, 201, "{}", brought.body);
    assert_eq!(std::fs::read_dir(place.path().join("db-scan")).unwrap().count(), 0);
}
