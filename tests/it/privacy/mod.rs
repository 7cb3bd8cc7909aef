//! What becomes of what is kept of customers, as administrators and customers see it.

mod disk;
mod erasing;
mod exporting;
mod holds;
mod inventory;
mod killed;
mod operator;
mod retention;
mod unpacked;

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client as Http, Method};
use serde_json::{Value, json};

use crate::support::app::{API_KEY, PATIENCE, TestApp};
use crate::support::rest::{Reply, customer_token, get, post, send};
use crate::support::ws::Client;

/// Stands in everything that is planted of a customer.
const PLANTED: &str = "zqplanted";

/// A request to the console with an API key or a token.
async fn ask(base: &str, credential: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = Http::new().request(method, format!("{base}/api/console{path}")).bearer_auth(credential);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// The same with the key of the app.
async fn console(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> Reply {
    ask(&app.url(""), API_KEY, method, path, body).await
}

/// A customer's message, which is kept.
async fn say(app: &TestApp, body: &Value) -> Value {
    let said = send(post(app, "/api/core/messages").json(body)).await;
    assert_eq!(said.status, 200, "{}", said.body);
    said.body
}

/// Asks for an erasure and gives its id.
async fn erase(app: &TestApp, customer: &str) -> String {
    let path = format!("/customers/{customer}/erase");
    let asked = console(app, Method::POST, &path, Some(json!({ "confirm": customer }))).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    asked.body["id"].as_str().unwrap().to_owned()
}

/// The receipt, once it has this status.
async fn receipt(base: &str, erasure: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let read = ask(base, API_KEY, Method::GET, &format!("/erasures/{erasure}"), None).await;
        assert_eq!(read.status, 200, "{}", read.body);
        if wanted(&read.body) {
            return read.body;
        }
        assert!(began.elapsed() < PATIENCE, "{}", read.body);
        tokio::task::yield_now().await;
    }
}

/// The receipt of an erasure whose bytes are gone.
async fn compacted(app: &TestApp, erasure: &str) -> Value {
    receipt(&app.url(""), erasure, |receipt| receipt["status"] == "compacted").await
}

/// How many events a session's log has; none for one that is not there.
async fn events(app: &TestApp, session: &str) -> Option<usize> {
    let read = send(get(app, &format!("/api/core/sessions/{session}/context"))).await;
    let history = read.body["context"]["conversation_history"].as_array();
    (read.status == 200).then(|| history.map_or(0, Vec::len))
}

/// Plants something of a customer in every place that a door leads to; gives the customer's id.
async fn plant(app: &TestApp) -> String {
    let id = format!("{PLANTED}-1");
    let metadata = json!({
        "name": "Zqplanted Jones", "email": "zqplanted@example.com", "phone": "+4930123", "zqplanted": "zqplanted"
    });
    for number in 0..3 {
        let body = json!({ "userId": id, "sessionId": format!("{PLANTED}-s{number}"), "metadata": metadata,
            "message": { "id": format!("{PLANTED}-m{number}"), "text": "I am Zqplanted, my order is ZQPLANTED-77" } });
        say(app, &body).await;
    }
    let question = json!({ "userId": format!("{PLANTED}-2"), "sessionId": format!("{PLANTED}-s9"), "metadata": metadata,
        "message": { "text": "Does Zqplanted tune harpsichords?" } });
    say(app, &question).await;
    let other = json!({ "userId": format!("{PLANTED}-2"), "sessionId": format!("{PLANTED}-s9"), "metadata": metadata,
        "message": { "text": "zqplanted once more" } });
    say(app, &other).await;
    // Larger than one value may be, and without a transcriber: kept all the same.
    let note = format!("ID3{}", format!("{PLANTED} ").repeat(20_000));
    let note = json!({ "audio": STANDARD.encode(note), "format": "mp3", "userId": id, "channel": "web",
        "sessionId": format!("{PLANTED}-s0") });
    assert_eq!(send(post(app, "/api/core/messages/audio").json(&note)).await.status, 503);
    plant_files(app, &id).await;
    let memory = json!({ "userId": id, "type": "long_term", "key": "zqplanted", "value": "zqplanted" });
    let kept = send(post(app, "/api/memory/memories").json(&memory)).await;
    assert!(kept.status < 300, "{}", kept.body);
    let claimed = format!("/ws?userId={PLANTED}-claimed&sessionId={PLANTED}-visit");
    let mut visitor = Client::connect(app.ws_url(&claimed)).await;
    visitor.send(json!({ "type": "text", "text": "zqplanted visits", "id": "zqplanted-v" })).await;
    visitor.wait_for_type("typing_start").await;
    // Nobody has an answer to that: it is in the list of unanswered questions, by the stems of its words.
    let asked = json!({ "userId": id, "sessionId": format!("{PLANTED}-s0"),
        "message": { "text": "Does zqplanted harmonize with qzsown gramophones?" } });
    say(app, &asked).await;
    let group = unanswered(app, "qzsown").await;
    // Somebody answers it, and the ways in which it was asked come with the answer.
    let answer = json!({ "question": "Do gramophones play in tune?", "answer": "Seldom." });
    let answered = console(app, Method::POST, &format!("/unanswered/{group}/faq"), Some(answer)).await;
    assert_eq!(answered.status, 201, "{}", answered.body);
    let noted = json!({ "facts": { "zqplanted": "zqplanted" }, "tags": ["zqplanted"] });
    let admin = crate::support::rest::admin_token(app).await;
    let asked = ask(&app.url(""), &admin, Method::GET, "/unanswered", None).await.body;
    assert!(asked.to_string().contains("Does Zqplanted tune"), "{asked}");
    let changed = ask(&app.url(""), &admin, Method::PATCH, &format!("/customers/{id}"), Some(noted)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    for from in [format!("{PLANTED}-2"), format!("~{PLANTED}-visit")] {
        let merged = console(app, Method::POST, &format!("/customers/{from}/merge"), Some(json!({ "into": id }))).await;
        assert_eq!(merged.status, 200, "{}", merged.body);
    }
    id
}

/// Files of two sessions with the same content: one that a message has, and one that none has.
async fn plant_files(app: &TestApp, customer: &str) {
    let bring = async |session: String, name: &str| {
        let path = format!("/api/core/sessions/{session}/files?name={name}");
        let brought = send(post(app, &path).body(format!("{PLANTED} ").repeat(20_000))).await;
        assert_eq!(brought.status, 201, "{}", brought.body);
        brought.body["id"].clone()
    };
    let file = bring(format!("{PLANTED}-s0"), "zqplanted.txt").await;
    bring(format!("{PLANTED}-s1"), "zqplanted-again.txt").await;
    let body = json!({ "userId": customer, "sessionId": format!("{PLANTED}-s0"),
        "message": { "text": "", "attachments": [file] } });
    say(app, &body).await;
}

/// Waits until a question with this word is in the list of those without an answer, and gives its id.
async fn unanswered(app: &TestApp, word: &str) -> String {
    let admin = crate::support::rest::admin_token(app).await;
    let began = Instant::now();
    loop {
        let listed = ask(&app.url(""), &admin, Method::GET, "/unanswered", None).await;
        let is_it = |row: &&Value| row["question"].as_str().is_some_and(|question| question.contains(word));
        if let Some(row) = listed.body["items"].as_array().into_iter().flatten().find(is_it) {
            return row["id"].as_str().unwrap().to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "{}", listed.body);
    }
}

/// A customer's socket.
async fn socket(app: &TestApp, customer: &str, session: &str) -> Client {
    let token = customer_token(app, customer).await;
    let path = format!("/ws?userId={customer}&sessionId={session}&token={token}&after=0");
    Client::connect(app.ws_url(&path)).await
}
