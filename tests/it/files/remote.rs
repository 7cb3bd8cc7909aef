//! Bytes on an S3 server: a real one, and one that does not do what it should.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use switchboard::domain::attachment::Digest;
use switchboard::domain::{OrganizationId, Refusal, Timestamp};
use switchboard::engine::files::{Blobs, KeptFiles, S3Blobs, S3Settings};
use switchboard::engine::privacy::kept::{Personal, Whose};
use switchboard::store::files::{Errand, Keeper};
use switchboard::store::{Batch, record};
use uuid::Uuid;

use super::{Kept, over_with, picture, session, upload};
use crate::support::kv::MemoryKv;
use crate::support::provider::{Does, Provider};
use crate::support::proxy::Proxy;
use crate::support::s3::RealS3;

const BUCKET: &str = "files";

fn at(url: &str) -> Arc<dyn Blobs> {
    let settings = S3Settings {
        url: url.parse().unwrap(),
        bucket: BUCKET.to_owned(),
        region: "us-east-1".to_owned(),
        access_key: "key".to_owned(),
        secret_key: SecretString::from("secret"),
        timeout: Duration::from_millis(1_500),
    };
    Arc::new(S3Blobs::new(&settings).unwrap())
}

fn kept(disk: &Arc<MemoryKv>, url: Option<&str>) -> Kept {
    over_with(Arc::clone(disk) as Arc<dyn switchboard::store::Kv>, url.map(at), None)
}

/// Removes the rows of a session's files, as an erasure does.
async fn erase_rows(kept: &Kept, name: &str) {
    let key = session(name);
    loop {
        let mut batch = Batch::default();
        let erased = KeptFiles.erase(&kept.store, Whose::Session(&key), &mut batch, 100).unwrap();
        kept.store.commit(batch).await.unwrap();
        if !erased.more {
            break;
        }
    }
}

const AWAY: Refusal = Refusal::Unavailable { part: "file store" };

#[tokio::test]
async fn bytes_go_to_a_real_server_come_back_and_are_gone_with_their_last_file() {
    let Some(server) = RealS3::start(BUCKET).await else { return };
    let disk = Arc::new(MemoryKv::default());
    let before = kept(&disk, None);
    let old = before.files.put(&session("a"), upload("old.jpg", picture(70_000, 1))).await.unwrap();
    drop(before);
    let kept = kept(&disk, Some(&server.url()));
    let bytes = picture(2_500_000, 2);
    let file = kept.files.put(&session("a"), upload("a.jpg", bytes.clone())).await.unwrap();
    let again = kept.files.put(&session("b"), upload("b.jpg", bytes.clone())).await.unwrap();
    assert_eq!(server.objects(BUCKET).await, 1, "the same content is one object");
    assert_eq!(kept.files.open(&session("a"), file.id).unwrap().whole().await.unwrap(), bytes);
    assert_eq!(
        kept.files.open(&session("a"), old.id).unwrap().whole().await.unwrap(),
        picture(70_000, 1),
        "an older one"
    );
    erase_rows(&kept, "a").await;
    kept.files.forget(Whose::Session(&session("a"))).await.unwrap();
    assert_eq!(kept.files.open(&session("b"), again.id).unwrap().whole().await.unwrap(), bytes);
    erase_rows(&kept, "b").await;
    kept.files.forget(Whose::Session(&session("b"))).await.unwrap();
    assert_eq!((server.objects(BUCKET).await, kept.count("blob_part"), kept.count("blob_errand")), (0, 0, 0));
}

#[tokio::test]
async fn while_the_server_is_away_files_are_refused_and_what_is_to_go_waits() {
    let Some(server) = RealS3::start(BUCKET).await else { return };
    let proxy = Proxy::start(server.port()).await;
    let url = format!("http://127.0.0.1:{}", proxy.port());
    let kept = kept(&Arc::default(), Some(&url));
    let file = kept.files.put(&session("a"), upload("a.jpg", picture(500_000, 1))).await.unwrap();
    proxy.allow(0);
    proxy.sever();
    assert_eq!(kept.files.put(&session("a"), upload("b.jpg", picture(500_000, 2))).await, Err(AWAY));
    assert_eq!(kept.files.open(&session("a"), file.id).unwrap().whole().await, Err(AWAY));
    erase_rows(&kept, "a").await;
    assert_eq!(kept.files.forget(Whose::Session(&session("a"))).await, Err(AWAY), "an erasure does not go on");
    assert!(kept.count("blob_errand") >= 1 && server.objects(BUCKET).await == 1);
    proxy.allow(usize::MAX);
    kept.files.sweep().await.unwrap();
    assert_eq!((server.objects(BUCKET).await, kept.count("blob_errand"), kept.count("file")), (0, 0, 0));
}

#[tokio::test]
async fn whatever_a_server_does_instead_nothing_is_named_that_is_not_there() {
    let wrong: [fn(usize) -> Does; 5] = [
        |_| Does::Answer(500, "", String::new()),
        |_| Does::Answer(403, "", "<Error/>".to_owned()),
        |_| Does::Answer(307, "location: http://127.0.0.1:1/\r\n", String::new()),
        |_| Does::Cut,
        |_| Does::Stall,
    ];
    for does in wrong {
        let server = Provider::doing(move |number, _| does(number)).await;
        let kept = kept(&Arc::default(), Some(&server.url));
        assert_eq!(kept.files.put(&session("a"), upload("a.jpg", picture(1_000, 1))).await, Err(AWAY));
        assert_eq!((kept.count("file"), kept.count("blob"), kept.count("blob_errand")), (0, 0, 1));
    }
}

#[tokio::test]
async fn a_server_that_gives_other_bytes_than_were_asked_for_is_not_believed() {
    let wrong: [fn() -> Does; 4] = [
        || Does::Answer(206, "", "x".repeat(999)),
        || Does::Answer(206, "", "x".repeat(1_001)),
        || Does::Answer(404, "", "<Error/>".to_owned()),
        || Does::Reset,
    ];
    for does in wrong {
        let answers = move |_, request: &crate::support::provider::Request| match request.method.as_str() {
            "PUT" => Does::Answer(200, "", String::new()),
            _ => does(),
        };
        let server = Provider::doing(answers).await;
        let kept = kept(&Arc::default(), Some(&server.url));
        let file = kept.files.put(&session("a"), upload("a.jpg", picture(1_000, 1))).await.unwrap();
        assert_eq!(kept.files.open(&session("a"), file.id).unwrap().whole().await, Err(AWAY));
    }
}

#[tokio::test]
async fn what_can_not_be_taken_away_keeps_nothing_else_from_going() {
    let kept = kept(&Arc::default(), None);
    // On a server that is configured no more, more of them than one look takes, and before all others.
    let mut batch = Batch::default();
    for n in 0..300 {
        let errand = Errand {
            organization: OrganizationId::default_organization(),
            place: Uuid::from_u128(n),
            digest: Digest::of_sha256([7; 32]),
            bytes: 1,
            due: Timestamp::from_ms(0),
            keeper: Keeper::S3,
        };
        record::insert(&mut batch, &errand).unwrap();
    }
    kept.store.commit(batch).await.unwrap();
    kept.files.put(&session("a"), upload("a.jpg", picture(70_000, 1))).await.unwrap();
    erase_rows(&kept, "a").await;
    assert_eq!((kept.count("blob_errand"), kept.count("blob_part")), (301, 2));
    assert_eq!(kept.files.sweep().await, Err(AWAY), "it is said that something is left");
    assert_eq!((kept.count("blob_errand"), kept.count("blob_part")), (300, 0));
}
