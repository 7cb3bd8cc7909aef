//! A kill between a message and its learning loses nothing.

use serde_json::json;
use switchboard::domain::memories::{MemoryKey, MemoryKind};
use switchboard::domain::{CustomerId, OrganizationId};
use switchboard::store::{Store, StoreLimits, StoreUrl, memories};

use crate::support::app::{API_KEY, Process};
use crate::support::ws::Client;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_a_kill_is_learnt_after_it() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().join("db");
    let mut server = Process::start(&place, &[]).await;
    let url =
        |session: &str| format!("ws://{}/ws?userId=ana&sessionId={session}&token={API_KEY}&after=0", server.address());
    let mut socket = Client::connect(url("first")).await;
    // The kill comes with the acknowledgement, before messages have gathered to be learnt.
    for (number, text) in ["My name is Ana", "I'm vegetarian", "Please call me in the evening"].into_iter().enumerate()
    {
        socket.send(json!({ "type": "text", "text": text, "id": format!("c{number}") })).await;
        socket.wait_for_type("ack").await;
    }
    server.kill();
    socket.vanish();
    server.start_again().await;
    let began = std::time::Instant::now();
    loop {
        let found = reqwest::Client::new()
            .get(format!("http://{}/api/memory/memories/ana", server.address()))
            .header("X-API-Key", API_KEY)
            .send()
            .await
            .unwrap();
        let found: serde_json::Value = found.json().await.unwrap();
        if found["memories"].as_array().unwrap().len() >= 3 {
            break;
        }
        assert!(began.elapsed() < crate::support::app::PATIENCE, "{found}");
        tokio::task::yield_now().await;
    }
    assert_eq!(server.terminate(), Some(0));
    let (store, completions) = Store::open(&StoreUrl::Fjall(place.clone()), StoreLimits::default()).unwrap();
    drop(completions);
    let (organization, ana) = (OrganizationId::default_organization(), CustomerId::parse("ana").unwrap());
    for (key, value) in
        [("name", "Ana"), ("diet", "vegetarian"), ("language", "en"), ("preferred_contact_time", "in the evening")]
    {
        let key = MemoryKey::parse("key", key).unwrap();
        let found = memories::at(&store, &organization, &ana, MemoryKind::LongTerm, &key).unwrap().unwrap();
        assert_eq!(found.record.value, value);
    }
    let known = memories::of_customer(&store, &organization, &ana).unwrap();
    let keys: Vec<&str> = known.iter().map(|found| found.record.key.as_str()).collect();
    assert_eq!(keys, ["diet", "language", "name", "preferred_contact_time"], "each once");
}
