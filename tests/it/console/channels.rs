//! What leaves by channels as administrators see it: what was set aside is listed, and sent once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::domain::Role;

use super::{ask, code, colleague, colleague_of, get};
use crate::support::app::TestApp;
use crate::support::meta::{Asked, Does, Meta, write};
use crate::support::rest::Parrot;
use crate::support::said::until_done;

const ANN: &str = "15550002222";

/// Meta takes no message with this text until it is told to.
async fn meta_that_refuses(text: &'static str) -> (Meta, Arc<AtomicBool>) {
    let takes_all = Arc::new(AtomicBool::new(false));
    let taking = Arc::clone(&takes_all);
    let meta = Meta::doing(move |_, asked| match asked.text() == text && !taking.load(Ordering::SeqCst) {
        true => Does::Refuse(400, "", 131_026),
        false => Does::Take,
    })
    .await;
    (meta, takes_all)
}

fn texts(sent: &[Asked]) -> Vec<&str> {
    sent.iter().map(Asked::text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_aside_is_listed_and_sent_once_more_by_an_administrator() {
    let (meta, takes_all) = meta_that_refuses("Poison").await;
    let app = TestApp::start_in_world(|config| meta.set_up(config), Parrot::world(None)).await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    assert_eq!(get(&app, &ada, "/channels/accounts").await, json!({ "items": [] }));
    write(&app.url(""), ANN, "wamid.1", "Poison").await;
    meta.until_asked(1).await;
    write(&app.url(""), ANN, "wamid.2", "Behind it").await;
    assert_eq!(texts(&meta.until_sent(1).await), ["Behind it"]);
    until_done(&app, 1).await;

    let accounts = get(&app, &ada, "/channels/accounts").await;
    let account = &accounts["items"][0];
    assert_eq!((accounts["items"].as_array().unwrap().len(), &account["channel"]), (1, &json!("whatsapp")));
    assert_eq!((&account["waiting"], &account["parked"]), (&json!(0), &json!(1)), "{account}");
    assert!(account["account"].as_str().is_some_and(|name| !name.is_empty()), "{account}");
    let path = format!("/channels/accounts/{}", account["id"].as_str().unwrap());
    let parked = get(&app, &ada, &format!("{path}/deliveries")).await;
    let row = &parked["items"][0];
    assert_eq!((&row["state"], &row["parked_because"]), (&json!("parked"), &json!("impossible")), "{row}");
    assert!(row["last_attempt"]["text"].as_str().is_some_and(|text| !text.is_empty()), "{row}");
    let one = format!("{path}/deliveries/{}/replay", row["number"].as_str().unwrap());

    // Nobody else gets at it.
    let eve = colleague_of(&app, "acme", "Eve Oh", Role::Admin).await;
    assert_eq!(get(&app, &eve, "/channels/accounts").await, json!({ "items": [] }));
    for (method, path) in [
        (Method::GET, format!("{path}/deliveries")),
        (Method::POST, format!("{path}/replay")),
        (Method::POST, one.clone()),
    ] {
        assert_eq!(code(&ask(&app, &eve, method, &path, None).await, 404), "not_found", "{path}");
    }
    let jane = colleague(&app, "Jane Smith", Role::Agent).await;
    assert_eq!(code(&ask(&app, &jane, Method::POST, &one, None).await, 403), "forbidden");

    takes_all.store(true, Ordering::SeqCst);
    let replayed = ask(&app, &ada, Method::POST, &one, None).await;
    assert_eq!((replayed.status, replayed.body), (200, json!({ "replayed": 1 })));
    assert_eq!(texts(&meta.until_sent(2).await), ["Behind it", "Poison"]);
    assert_eq!(get(&app, &ada, &format!("{path}/deliveries")).await["items"], json!([]));
    assert_eq!(code(&ask(&app, &ada, Method::POST, &one, None).await, 404), "not_found", "it is under way");
    let audit = get(&app, &ada, "/audit").await;
    let entry = audit["items"].as_array().unwrap().iter().find(|entry| is_replay(entry));
    assert!(entry.is_some(), "{audit}");
    app.stop().await;
}

fn is_replay(entry: &Value) -> bool {
    entry.to_string().contains("channel_account")
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_was_set_aside_is_sent_once_more_in_its_order() {
    let (meta, takes_all) = meta_that_refuses("Poison").await;
    let app = TestApp::start_in_world(|config| meta.set_up(config), Parrot::world(None)).await;
    let ada = colleague(&app, "Ada Low", Role::Admin).await;
    for number in 1..=3 {
        write(&app.url(""), ANN, &format!("wamid.{number}"), "Poison").await;
        meta.until_asked(number).await;
    }
    write(&app.url(""), ANN, "wamid.4", "Behind them").await;
    meta.until_sent(1).await;
    let accounts = get(&app, &ada, "/channels/accounts").await;
    assert_eq!(accounts["items"][0]["parked"], 3);
    takes_all.store(true, Ordering::SeqCst);
    let path = format!("/channels/accounts/{}/replay", accounts["items"][0]["id"].as_str().unwrap());
    let replayed = ask(&app, &ada, Method::POST, &path, None).await;
    assert_eq!((replayed.status, replayed.body), (200, json!({ "replayed": 3 })));
    let sent = meta.until_sent(4).await;
    assert_eq!(texts(&sent), ["Behind them", "Poison", "Poison", "Poison"]);
    let ours: std::collections::HashSet<&str> = sent.iter().map(Asked::ours).collect();
    assert_eq!(ours.len(), 4, "each went once");
    assert_eq!(get(&app, &ada, "/channels/accounts").await["items"][0]["parked"], 0);
    app.stop().await;
}
