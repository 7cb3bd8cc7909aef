//! The assistant's answer while it is made.

use std::sync::Arc;

use serde_json::json;
use switchboard::config::Provider;
use tokio::sync::Notify;

use super::room_of;
use crate::support::app::TestApp;
use crate::support::llm::{Llm, Move, done, finish, ok, text};
use crate::support::socketio::SocketIo;

#[tokio::test]
async fn everybody_in_the_room_sees_the_answer_grow_and_who_joins_in_the_middle_the_text_so_far() {
    let more = Arc::new(Notify::new());
    let script = vec![ok(), text("Surely gladly "), Move::Wait(Arc::clone(&more)), text("so."), finish("stop"), done()];
    let llm = Llm::start(vec![script]).await;
    let base_url = llm.base_url.clone();
    let app = TestApp::start_with(|config| {
        config.assistant.provider = Provider::Openai;
        config.assistant.openai_base_url = base_url;
    })
    .await;
    let (token, room) = room_of(&app, "ann").await;
    let mut ann = SocketIo::connect(app.address(), &token).await;
    ann.join(&room).await;
    ann.say(&room, "What is your return policy?").await;
    let first = ann.event("draft").await;
    assert_eq!(first, json!({ "room": room, "turn": first["turn"], "text": "Surely ", "offset": 0 }));
    let mut late = SocketIo::connect(app.address(), &token).await;
    late.join(&room).await;
    assert_eq!(late.event("draft").await, first);
    more.notify_one();
    for client in [&mut ann, &mut late] {
        assert_eq!(client.event("draft_end").await, json!({ "room": room, "turn": first["turn"] }));
        let answer = client.events_until("new_message", |event| event["is_ai_generated"] == true).await.pop().unwrap();
        assert_eq!(answer["message"], "Surely gladly so.");
    }
}
