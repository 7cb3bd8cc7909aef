//! What a scanner says: harm is refused, and of what it can not say nobody gets anything.

use std::sync::Arc;
use std::time::Duration;

use switchboard::domain::Refusal;
use switchboard::engine::files::{Scanner, Uploader};

use super::{Kept, over_with, session, upload};
use crate::support::kv::MemoryKv;

fn kept(script: &str, deadline: Duration) -> Kept {
    let argv = ["sh".to_owned(), "-c".to_owned(), script.to_owned(), "scan".to_owned(), "{path}".to_owned()];
    let argv = if script.contains("$1") { &argv[..] } else { &argv[..3] };
    over_with(Arc::new(MemoryKv::default()), None, Scanner::new(argv, deadline))
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
    let missing = Scanner::new(&["/nowhere/scanner".to_owned()], LONG);
    let missing = over_with(Arc::new(MemoryKv::default()), None, missing);
    let file = missing.files.put(&session("a"), upload("a.txt", "hello")).await.unwrap();
    assert!(missing.files.open(&session("a"), file.id).is_err());
}
