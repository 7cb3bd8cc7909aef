//! Channels of an organization's own, through ends at each write and through `kill -9`: a message counts once, and its reply is one however
//! often it is delivered: under one id, with the same bytes.

use std::collections::HashSet;
use std::future::pending;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use switchboard::app::World;
use switchboard::auth::SigningSecret;
use switchboard::config::Config;
use switchboard::domain::{OrganizationId, SessionId, SessionKey};
use switchboard::engine::channels::outward::{Step, of_session};

use super::signed::{CHANNELS, channel, hello, quick, signed_to, taking};
use crate::support::app::{API_KEY, Process, SECRETS_KEY, TestApp, test_config};
use crate::support::ending::{Ending, at_each_write, copied};
use crate::support::provider::{Does, Provider, Request};
use crate::support::rest::{Parrot, Reply, send};
use crate::support::said::{customers_words, until_kept};

/// The session that a message was brought into.
pub(super) fn session(brought: &Reply) -> SessionKey {
    let id = brought.body["conversation_id"].as_str().unwrap_or_else(|| panic!("{}", brought.body));
    SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse(id).unwrap() }
}

/// Waits until the reply went, and that it did is written down.
pub(super) async fn has_gone(app: &TestApp, key: &SessionKey) {
    until_kept("the reply went", || {
        let known = of_session(app.store(), key, 10).unwrap();
        known.len() == 1 && known[0].record.parts.iter().all(|part| part.step == Step::Gone)
    })
    .await;
}

/// What came is one reply, however often it came.
fn assert_one(came: &[Request]) {
    let different: HashSet<(&str, &[u8])> =
        came.iter().map(|one| (one.headers["webhook-id"].as_str(), one.raw.as_slice())).collect();
    assert_eq!(different.len(), 1, "{came:?}");
}

/// Whether it came to the write at which everything ends.
async fn ends_at(n: usize) -> bool {
    let receiver = Provider::doing(taking).await;
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("db");
    let mut config = test_config();
    quick(&mut config);
    let (mut ending, store) = Ending::store(&folder, n, |_| false).await;
    let world = World { store: Some(store), ..Parrot::world(None) };
    let ended = TestApp::start_on(config.clone(), world, data).await;
    let (_, path, secret) = channel(&ended, &receiver.url).await;
    let bring = |app: &TestApp| send(signed_to(&app.url(&path), &secret, "req-1", &hello("m1"), 0));
    ending.after(n);
    let answered = async {
        let brought = bring(&ended).await;
        if brought.status != 200 {
            pending::<()>().await;
        }
        has_gone(&ended, &session(&brought)).await;
    };
    let stands = tokio::select! {
        () = ending.stands() => true,
        () = answered => false,
    };
    let app = TestApp::start_on(config, Parrot::world(None), copied(&folder).await).await;
    let brought = bring(&app).await;
    assert_eq!(brought.status, 200, "write {n}: {}", brought.body);
    let key = session(&brought);
    has_gone(&app, &key).await;
    assert_eq!(customers_words(&app, &key), ["Where is my order?"], "write {n}");
    assert_one(&receiver.asked());
    stands
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_at_any_write_takes_a_message_once_and_has_one_reply_to_it() {
    let ended = at_each_write(ends_at).await;
    assert!(ended >= 6, "only {ended} writes: who writes, the message, the answer, what goes and what went");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_what_the_receiver_took_and_what_was_written_down_delivers_the_very_same_reply() {
    let receiver = Provider::doing(|_, _| Does::Stall).await;
    let data = tempfile::tempdir().unwrap();
    let settings = [
        ("SECRETS__KEY", SECRETS_KEY),
        ("WEBHOOKS__PRIVATE_ADDRESSES", "true"),
        ("WEBHOOKS__TIMEOUT_MS", "60000"),
        ("OUTBOX__PAUSE_MIN_MS", "1"),
        ("OUTBOX__PAUSE_MAX_MS", "20"),
    ];
    let mut server = Process::start(&data.path().join("db"), &settings).await;
    let url = |path: &str| format!("http://{}{path}", server.address());
    let made = Client::new().request(Method::POST, url(CHANNELS)).header("X-API-Key", API_KEY);
    let made = send(made.json(&json!({ "name": "Our shop's app", "reply_url": receiver.url }))).await;
    let text = |name: &str| made.body[name].as_str().unwrap_or_else(|| panic!("{}", made.body)).to_owned();
    let (inbound, secret) = (url(&text("inbound_path")), SigningSecret::parse(&text("secret")).unwrap());
    let first = send(signed_to(&inbound, &secret, "req-1", &hello("m1"), 0)).await;
    assert_eq!((first.status, &first.body["duplicate"]), (200, &json!(false)), "{}", first.body);
    receiver.until(|asked| asked.len() == 1).await;
    server.kill();
    receiver.does(taking);
    server.start_again().await;
    let again = send(signed_to(&inbound, &secret, "req-1", &hello("m1"), 0)).await;
    assert_eq!((again.status, &again.body["duplicate"]), (200, &json!(true)), "{}", again.body);
    assert_one(&receiver.until(|asked| asked.len() == 2).await);
    // What comes behind it shows that nothing of it is left.
    let next: Value = json!({ "customer": "shop-77", "text": "Thank you", "message_id": "m2" });
    assert_eq!(send(signed_to(&inbound, &secret, "req-2", &next, 0)).await.status, 200);
    let all = receiver.until(|asked| asked.len() == 3).await;
    assert_one(&all[..2]);
    assert_ne!(all[2].headers["webhook-id"], all[0].headers["webhook-id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_go_of_everything_though_a_receiver_says_nothing() {
    let receiver = Provider::doing(|_, _| Does::Stall).await;
    let patient = |config: &mut Config| {
        quick(config);
        config.webhooks.timeout_ms = 60_000;
    };
    let app = TestApp::start_in_world(patient, Parrot::world(None)).await;
    let (_, path, secret) = channel(&app, &receiver.url).await;
    let brought = send(signed_to(&app.url(&path), &secret, "req-1", &hello("m1"), 0)).await;
    receiver.until(|asked| asked.len() == 1).await;
    receiver.does(taking);
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    has_gone(&app, &session(&brought)).await;
    assert_one(&receiver.asked());
}
