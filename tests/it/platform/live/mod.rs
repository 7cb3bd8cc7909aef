//! What only followers of `/ws` see: drafts, owners, places, ratings.

mod drafts;
mod service;

use serde_json::{Value, json};

use crate::support::app::{API_KEY, TestApp};
use crate::support::ws::Client;

/// A client of the customer `ann` that resumes by position, and its first frame.
async fn greeted(app: &TestApp, session: &str, after: &str) -> (Client, Value) {
    let path = format!("/ws?userId=ann&sessionId={session}&token={API_KEY}&after={after}");
    let mut client = Client::connect(app.ws_url(&path)).await;
    let hello = client.next().await;
    assert_eq!(hello["type"], "connection_established");
    (client, hello)
}

async fn follower(app: &TestApp, session: &str) -> Client {
    greeted(app, session, "0").await.0
}

fn text(words: &str, id: &str) -> Value {
    json!({ "type": "text", "text": words, "id": id })
}

/// Frames of these types, up to and with the first that `last` holds for.
async fn heard(client: &mut Client, types: &[&str], last: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = client.next().await;
        let over = last(&frame);
        if types.iter().any(|known| frame["type"] == *known) {
            frames.push(frame);
        }
        if over {
            return frames;
        }
    }
}

fn is_answer(frame: &Value) -> bool {
    frame["type"] == "message" && frame["sender"] == "ai"
}
