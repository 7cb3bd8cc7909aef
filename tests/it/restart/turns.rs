//! A turn that was open at a kill is answered after the restart, without anybody touching the session.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use switchboard::domain::{Author, Event, OrganizationId, SessionId, SessionKey};
use switchboard::store::{Store, StoreLimits, StoreUrl, feed, log};

use crate::support::app::{API_KEY, Process};
use crate::support::llm::{Llm, Move};
use crate::support::ws::Client;

/// How long an answer may take on a slow machine.
const ANSWERED_IN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn an_open_turn_is_answered_after_a_kill_though_nobody_comes_back() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().join("db");
    // The model never answers, so the turn is open when the process dies, and a second request says that it went on.
    let llm = Llm::start(vec![vec![Move::Stall]]).await;
    let url = llm.base_url.clone();
    let settings = [("ASSISTANT__PROVIDER", "openai"), ("ASSISTANT__OPENAI_BASE_URL", url.as_str())];
    let mut server = Process::start(&place, &settings).await;
    let mut customer =
        Client::connect(format!("ws://{}/ws?userId=u&sessionId=left-alone&after=0", server.address())).await;
    customer.send(json!({ "type": "text", "text": "is anybody there", "id": "c1" })).await;
    customer.wait_for_type("ack").await;
    customer.wait_for_type("typing_start").await;
    server.kill();
    customer.vanish();
    assert_eq!(said_after_the_customer(&place), [] as [String; 0]);
    let mut server = Process::start(&place, &[("LIMITS__ENABLED", "false")]).await;
    // A reading of the store wakes nobody: whoever answers was woken by the start.
    let url = format!("http://{}/api/admin/sessions/left-alone", server.address());
    let answered = async {
        loop {
            let read = reqwest::Client::new().get(&url).header("X-API-Key", API_KEY).send().await.unwrap();
            let read: Value = read.json().await.unwrap();
            if read["messages"].as_array().is_some_and(|messages| messages.len() > 1) {
                break;
            }
        }
    };
    tokio::time::timeout(ANSWERED_IN, answered).await.expect("the turn is answered");
    assert_eq!(server.terminate(), Some(0));
    let said = said_after_the_customer(&place);
    assert_eq!(said.len(), 1, "{said:?}");
}

/// What the assistant's side said in the session.
fn said_after_the_customer(place: &Path) -> Vec<String> {
    let (store, completions) = Store::open(&StoreUrl::Fjall(place.to_owned()), StoreLimits::default()).unwrap();
    drop(completions);
    let key = SessionKey {
        organization: OrganizationId::default_organization(),
        session: SessionId::parse("left-alone").unwrap(),
    };
    assert_eq!(feed::cursor(&store, "turns").unwrap(), 0, "nothing is settled so soon");
    let events = log::read::<Event>(&store, &key, 0, usize::MAX).unwrap();
    let texts = events.into_iter().filter_map(|logged| match logged.event {
        Event::Posted(message) if message.author != Author::Customer => Some(message.body.as_str().to_owned()),
        _ => None,
    });
    texts.collect()
}
