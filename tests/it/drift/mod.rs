//! The drift detector: one conversation, performed once, looks as it always did to the clients of every dialect; and the
//! same conversation performed through each dialect's own door leaves the same log.

mod doors;
mod ears;
mod script;

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use doors::{Care, Door, Engine, Platform, Rooms};
use ears::Ears;
use script::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_conversation_looks_to_every_dialect_as_it_always_did() {
    let stage = Stage::set().await;
    let ears = Ears::open(&stage).await;
    script::perform(&stage, &mut Engine::new(&stage)).await;
    assert_json_snapshot!("one_conversation_in_every_dialect", ears.heard().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_conversation_leaves_the_same_log_by_whichever_door_it_came() {
    let engine = performed(async |stage| Engine::new(stage)).await;
    assert_json_snapshot!("the_log_of_one_conversation", engine);
    assert_eq!(performed(async |stage| Platform::open(stage).await).await, engine, "by platform's door");
    assert_eq!(performed(async |stage| Care::open(stage).await).await, engine, "by care's door");
    assert_eq!(performed(async |stage| Rooms::open(stage).await).await, engine, "by rooms' door");
}

/// The log of the script, performed by whoever comes through a door.
async fn performed<D: Door>(open: impl AsyncFnOnce(&Stage) -> D) -> Value {
    let stage = Stage::set().await;
    script::perform(&stage, &mut open(&stage).await).await;
    let log = stage.log();
    plain(json!(log))
}

/// Without what is different each time: ids that are made, times, which log it is.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = match value {
                    Value::String(text) if is_made(&text) => json!(format!("[{name}]")),
                    Value::Number(number) if is_a_time(&number) => json!(format!("[{name}]")),
                    other => plain(other),
                };
                (name, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        other => other,
    }
}

/// An id of ours, or a moment.
fn is_made(text: &str) -> bool {
    let id = text.strip_prefix("conn-").unwrap_or(text);
    uuid::Uuid::try_parse(id).is_ok() || text.parse::<jiff::Timestamp>().is_ok()
}

/// Milliseconds since 1970, which also name a log.
fn is_a_time(number: &serde_json::Number) -> bool {
    number.as_i64().is_some_and(|number| number > 1_000_000_000_000)
}
