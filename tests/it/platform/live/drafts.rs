//! The assistant's answer while it is made, against a server that streams as slowly as it is told.

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::bus::DraftReader;
use switchboard::config::Provider;
use switchboard::domain::{AssistantSettings, OrganizationId, SessionId, SessionKey, Settings};
use switchboard::store::{Batch, record};
use tokio::sync::Notify;

use super::{follower, greeted, heard, is_answer, text};
use crate::support::app::{API_KEY, TestApp};
use crate::support::llm::{self, Llm, Move, Script, answer, done, finish, ok};
use crate::support::ws::Client;

/// The builtin knowledge is sure of what this is about.
const QUESTION: &str = "What is your return policy?";

/// An answer in pieces, each held back until it is asked for.
struct Slow {
    llm: Llm,
    more: Arc<Notify>,
}

impl Slow {
    async fn saying(pieces: &[&str], then: Vec<Script>) -> Self {
        let more = Arc::new(Notify::new());
        let mut script = vec![ok()];
        for piece in pieces {
            script.extend([llm::text(piece), Move::Wait(Arc::clone(&more))]);
        }
        script.extend([finish("stop"), done()]);
        let llm = Llm::start([vec![script], then].concat()).await;
        Self { llm, more }
    }

    async fn app(&self) -> TestApp {
        let base_url = self.llm.base_url.clone();
        TestApp::start_with(|config| {
            config.assistant.provider = Provider::Openai;
            config.assistant.openai_base_url = base_url;
        })
        .await
    }
}

/// What the organization sets of its assistant, before its first session.
async fn set(app: &TestApp, change: &Value) {
    let mut assistant = serde_json::to_value(AssistantSettings::default()).unwrap();
    assistant.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let settings: Settings =
        serde_json::from_value(json!({ "organization": "default", "assistant": assistant })).unwrap();
    let mut batch = Batch::default();
    record::insert(&mut batch, &settings).unwrap();
    app.store().commit(batch).await.unwrap();
}

fn key(session: &str) -> SessionKey {
    let session = SessionId::parse(session).unwrap();
    SessionKey { organization: OrganizationId::default_organization(), session }
}

/// The frames about drafts, without what differs: `[offset, text]`, or the type.
fn told(frames: &[Value]) -> Vec<Value> {
    let short = |frame: &Value| match frame["type"].as_str() {
        Some("draft") => json!([frame["offset"], frame["text"]]),
        _ => frame["type"].clone(),
    };
    frames.iter().map(short).collect()
}

async fn draft(client: &mut Client) -> Value {
    let frame = client.wait_for_type("draft").await;
    json!([frame["offset"], frame["text"]])
}

#[tokio::test]
async fn a_follower_sees_the_answer_grow_and_one_who_comes_in_the_middle_gets_the_text_so_far_and_the_rest() {
    let slow = Slow::saying(&["Für Sie gern, ", "wie ", "Sie mögen "], Vec::new()).await;
    let app = slow.app().await;
    let mut ann = follower(&app, "s").await;
    ann.send(text(QUESTION, "m1")).await;
    assert_eq!(draft(&mut ann).await, json!([0, "Für Sie "]));
    slow.more.notify_one();
    assert_eq!(draft(&mut ann).await, json!([8, "gern, "]));
    ann.vanish();
    let mut again = follower(&app, "s").await;
    assert_eq!(draft(&mut again).await, json!([0, "Für Sie gern, "]));
    slow.more.notify_one();
    assert_eq!(draft(&mut again).await, json!([14, "wie Sie "]));
    slow.more.notify_one();
    let rest = heard(&mut again, &["draft", "draft_end", "message"], is_answer).await;
    assert_eq!(told(&rest), ["draft_end", "message"]);
    assert_eq!(rest[1]["text"], "Für Sie gern, wie Sie mögen");
    assert_eq!(app.sessions().drafts(), 0);
    let mut late = follower(&app, "s").await;
    let late = heard(&mut late, &["draft", "draft_end", "message"], is_answer).await;
    assert_eq!(told(&late), ["message", "message"], "what was said, and no draft");
}

#[tokio::test]
async fn a_newer_message_ends_the_draft_and_the_answer_to_both_is_drafted_anew() {
    let slow = Slow::saying(&["Surely so "], vec![answer(&["Surely gladly, and yes."])]).await;
    let app = slow.app().await;
    let mut ann = follower(&app, "s").await;
    ann.send(text(QUESTION, "m1")).await;
    let first = ann.wait_for_type("draft").await;
    ann.send(text("And can I exchange it?", "m2")).await;
    let end = ann.wait_for_type("draft_end").await;
    assert_eq!(end["turn"], first["turn"]);
    assert!(app.sessions().draft(&key("s")).is_none_or(|draft| &*draft.text != "Surely "));
    let said = heard(&mut ann, &["message", "draft"], is_answer).await;
    assert_eq!(said.last().unwrap()["text"], "Surely gladly, and yes.");
    assert!(told(&said).iter().all(|frame| frame != &json!([0, "Surely "])), "{said:?}");
    assert_eq!(slow.llm.asked().len(), 2);
}

#[tokio::test]
async fn a_person_who_takes_over_ends_the_draft() {
    let slow = Slow::saying(&["Surely so "], Vec::new()).await;
    let app = slow.app().await;
    let mut ann = follower(&app, "s").await;
    ann.send(text(QUESTION, "m1")).await;
    ann.wait_for_type("draft").await;
    ann.send(json!({ "type": "handover_request" })).await;
    let frames = heard(&mut ann, &["draft", "draft_end", "owner", "handover_initiated"], |frame| {
        frame["type"] == "handover_initiated"
    })
    .await;
    assert_eq!(told(&frames)[0], "draft_end");
    assert_eq!(app.sessions().drafts(), 0);
}

#[tokio::test]
async fn only_followers_see_drafts() {
    let slow = Slow::saying(&["Surely gladly ", "so "], Vec::new()).await;
    let app = slow.app().await;
    let mut ann = follower(&app, "s").await;
    let plain = format!("/ws?userId=ann&sessionId=s&token={API_KEY}");
    let mut plain = Client::connect(app.ws_url(&plain)).await;
    ann.send(text(QUESTION, "m1")).await;
    for piece in [json!([0, "Surely "]), json!([7, "gladly "])] {
        assert_eq!(draft(&mut ann).await, piece);
        slow.more.notify_one();
    }
    let seen = heard(&mut plain, &["draft", "draft_end", "owner", "message"], is_answer).await;
    assert_eq!(told(&seen), ["message"]);
}

#[tokio::test]
async fn an_answer_that_may_be_kept_back_is_drafted_for_the_staff_alone() {
    let slow = Slow::saying(&["Perhaps so "], Vec::new()).await;
    let app = slow.app().await;
    set(&app, &json!({ "confidence_floor": 1.0 })).await;
    let mut ann = follower(&app, "s").await;
    ann.send(text(QUESTION, "m1")).await;
    while app.sessions().draft(&key("s")).is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.sessions().draft(&key("s")).unwrap().reader, DraftReader::Staff);
    slow.more.notify_one();
    let frames =
        heard(&mut ann, &["draft", "draft_end", "handover_initiated"], |frame| frame["type"] == "handover_initiated")
            .await;
    assert_eq!(told(&frames), ["handover_initiated"]);
    assert_eq!(app.sessions().drafts(), 0);
}

#[tokio::test]
async fn an_assistant_that_only_suggests_drafts_for_the_staff_and_no_draft_is_longer_than_an_answer_may_be() {
    let slow = Slow::saying(&["Surely gladly, as you like."], Vec::new()).await;
    let app = slow.app().await;
    set(&app, &json!({ "auto_reply": false, "reply_max_chars": 6 })).await;
    let mut ann = follower(&app, "s").await;
    ann.send(text(QUESTION, "m1")).await;
    while app.sessions().draft(&key("s")).is_none() {
        tokio::task::yield_now().await;
    }
    let draft = app.sessions().draft(&key("s")).unwrap();
    assert_eq!((&*draft.text, draft.reader), ("Surely", DraftReader::Staff));
}

#[tokio::test]
async fn a_stop_leaves_no_draft() {
    let slow = Slow::saying(&["Surely so "], Vec::new()).await;
    let app = slow.app().await;
    let mut ann = follower(&app, "s").await;
    ann.send(text(QUESTION, "m1")).await;
    ann.wait_for_type("draft").await;
    let sessions = app.sessions().clone();
    assert_eq!(sessions.drafts(), 1);
    app.stop().await;
    assert_eq!(sessions.drafts(), 0);
}

#[tokio::test]
async fn after_a_restart_in_the_middle_the_answer_is_made_and_shown_anew() {
    let again = vec![ok(), llm::text("Gladly so "), Move::Stall];
    let slow = Slow::saying(&["Surely so "], vec![again]).await;
    let app = slow.app().await;
    let mut ann = follower(&app, "s").await;
    ann.send(text(QUESTION, "m1")).await;
    ann.wait_for_type("draft").await;
    let app = app.restart_with(|_| {}).await;
    let (mut ann, hello) = greeted(&app, "s", "0").await;
    assert_eq!(hello["owner"], "ai");
    assert_eq!(draft(&mut ann).await, json!([0, "Gladly "]));
}

#[tokio::test]
async fn the_builtin_assistant_says_its_answer_at_once() {
    let app = TestApp::start().await;
    let mut ann = follower(&app, "s").await;
    ann.send(text(QUESTION, "m1")).await;
    let frames = heard(&mut ann, &["draft", "draft_end", "message"], is_answer).await;
    assert_eq!(told(&frames), ["message"]);
}
