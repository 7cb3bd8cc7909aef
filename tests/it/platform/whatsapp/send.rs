//! `POST /api/channels/whatsapp/messages`: colleagues and programs write to somebody, who is found by their number.

use serde_json::{Value, json};
use switchboard::domain::{Author, Notice, Owner};

use super::{ANN, messages_of, origin, parrot, session_of};
use crate::support::app::TestApp;
use crate::support::meta::{Does, Meta, bring, changed, seconds_ago, write};
use crate::support::rest::{Parrot, Reply, admin_token, customer_token, key_of, post, post_as, send};

const MESSAGES: &str = "/api/channels/whatsapp/messages";

async fn ask(app: &TestApp, body: &Value) -> Reply {
    send(post(app, MESSAGES).json(body)).await
}

fn text(id: &str, text: &str) -> Value {
    json!({ "to": ANN, "type": "text", "text": text, "messageId": id })
}

fn template(id: &str) -> Value {
    let values = json!([{ "type": "body", "parameters": [{ "type": "text", "text": "12345" }] }]);
    let template = json!({ "name": "order_shipped", "language": { "code": "en_US" }, "components": values });
    json!({ "to": ANN, "type": "template", "template": template, "messageId": id })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_tells_a_customer_something_once_and_the_assistant_keeps_the_session() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    let told = text("msg-1234567890", "Your order #12345 has been shipped!");
    let (one, other) = tokio::join!(ask(&app, &told), ask(&app, &told));
    let sent = meta.until_sent(2).await.remove(1);
    let expected = json!({ "status": "sent", "messageId": sent.wamid, "timestamp": one.body["timestamp"] });
    assert_eq!((one.status, &one.body, &other.body), (200, &expected, &expected));
    assert_eq!(ask(&app, &told).await.body, expected, "the same id, the same answer");
    assert_eq!(sent.text(), "Your order #12345 has been shipped!");
    let key = session_of(&app, ANN);
    let last = messages_of(&app, &key).pop().unwrap();
    assert_eq!((last.author, last.body.as_str()), (Author::Notice(Notice::Service), sent.text()));
    let contradicts = ask(&app, &text("msg-1234567890", "Something else")).await;
    assert_eq!((contradicts.status, &contradicts.body["error"]["code"]), (409, &json!("invalid_request")));
    write(&origin(&app), ANN, "wamid.2", "Thanks").await;
    let answer = meta.until_sent(3).await.remove(2);
    assert_eq!(answer.text(), "Thanks", "the assistant answers");
    assert_eq!(meta.asked().len(), 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_takes_the_session_by_it() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    let admin = admin_token(&app).await;
    let body = json!({ "to": format!("+{ANN}"), "text": "I look after it" });
    let reply = send(post_as(&app, &admin, MESSAGES).json(&body)).await;
    assert_eq!((reply.status, &reply.body["status"]), (200, &json!("sent")));
    let key = session_of(&app, ANN);
    let state = app.sessions().read(&key, &switchboard::domain::Visitor::Service).unwrap();
    assert!(matches!(state.owner, Owner::Human { .. }));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn to_somebody_who_has_not_written_only_a_template_goes() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    let refused = ask(&app, &text("a", "Hello?")).await;
    assert_eq!(refused.status, 400);
    let details = refused.body["error"]["details"].as_str().unwrap();
    assert!(details.contains("must be template"), "{details}");
    assert_eq!(meta.asked().len(), 0);
    let reply = ask(&app, &template("b")).await;
    assert_eq!((reply.status, &reply.body["status"]), (200, &json!("sent")));
    let sent = meta.until_sent(1).await.remove(0);
    assert_eq!((&sent.body["type"], &sent.body["template"]), (&json!("template"), &template("b")["template"]));
    let said = messages_of(&app, &session_of(&app, ANN)).pop().unwrap();
    assert_eq!(said.body.as_str(), "[template order_shipped] 12345");
    write(&origin(&app), ANN, "wamid.1", "Great").await;
    assert_eq!(meta.until_sent(2).await[1].text(), "Great", "in the same session, with the assistant");
    assert_eq!(ask(&app, &text("c", "You are welcome")).await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_form_goes_as_it_came_and_what_meta_would_refuse_is_refused_here() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    let buttons = json!({ "buttons": [{ "type": "reply", "reply": { "id": "y", "title": "Yes" } }] });
    let forms = [
        ("image", json!({ "link": "https://shop.example/a.png", "caption": "Yours" })),
        ("document", json!({ "id": "5001", "filename": "bill.pdf" })),
        ("interactive", json!({ "type": "button", "body": { "text": "Well?" }, "action": buttons })),
        ("reaction", json!({ "message_id": "wamid.1", "emoji": "\u{1f44d}" })),
    ];
    for (at, (kind, form)) in forms.iter().enumerate() {
        let reply = ask(&app, &json!({ "to": ANN, "type": kind, *kind: form })).await;
        assert_eq!(reply.status, 200, "{kind}: {}", reply.body);
        assert_eq!(&meta.until_sent(at + 2).await[at + 1].body[*kind], form);
    }
    for (bad, field) in [
        (json!({ "to": ANN, "type": "image", "image": { "link": "http://shop.example/a.png" } }), "link"),
        (json!({ "to": ANN, "type": "image" }), "image"),
        (json!({ "to": ANN, "type": "hologram" }), "type"),
        (json!({ "to": ANN, "type": "text", "text": "x".repeat(4_097) }), "text"),
        (json!({ "to": ANN, "type": "text" }), "text"),
        (json!({ "to": "nobody", "type": "text", "text": "x" }), "to"),
        (json!({ "to": ANN, "text": "x", "messageId": "" }), "messageId"),
    ] {
        let refused = ask(&app, &bad).await;
        let details = refused.body["error"]["details"].as_str().unwrap_or_default();
        assert_eq!(refused.status, 400, "{bad}");
        assert!(details.contains(field), "{field}: {details}");
    }
    assert_eq!(meta.asked().len(), 5);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_refuses_is_told_and_nobody_sends_without_the_right() {
    let meta = Meta::doing(|_, asked| match asked.text() {
        "Poison" => Does::Refuse(400, "", 131_026),
        _ => Does::Take,
    })
    .await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    for _ in 0..2 {
        let refused = ask(&app, &text("a", "Poison")).await;
        let details = refused.body["error"]["details"].as_str().unwrap();
        assert_eq!(refused.status, 400);
        assert!(details.contains("WhatsApp does not take it"), "{details}");
    }
    assert_eq!(meta.asked().len(), 2, "the same message is tried once");
    let body = text("b", "Hello");
    let as_whom = |credential: String| send(post_as(&app, &credential, MESSAGES).json(&body));
    assert_eq!(send(reqwest::Client::new().post(app.url(MESSAGES)).json(&body)).await.status, 401);
    assert_eq!(as_whom(customer_token(&app, "ann").await).await.status, 403);
    assert_eq!(as_whom(key_of(&app, "default", &["conversations:read"]).await).await.status, 403);
    assert_eq!(as_whom(key_of(&app, "other", &["conversations:write"]).await).await.status, 404);
    assert_eq!(as_whom(key_of(&app, "default", &["conversations:write"]).await).await.status, 200);
    let nobody = TestApp::start_in_world(|_| {}, Parrot::world(None)).await;
    assert_eq!(ask(&nobody, &body).await.status, 503, "no token to send with");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_colleague_writes_in_the_phones_app_takes_the_session_and_is_not_sent_again() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    let echo = json!({ "from": "15550001111", "to": ANN, "id": "wamid.app.1", "timestamp": seconds_ago(0),
        "type": "text", "text": { "body": "It is me, Sam" } });
    let echoes = changed("smb_message_echoes", &json!({ "message_echoes": [echo] }));
    for _ in 0..2 {
        assert_eq!(bring(&origin(&app), &echoes).await.status, 200);
    }
    let key = session_of(&app, ANN);
    let said = messages_of(&app, &key);
    let by_people: Vec<&str> =
        said.iter().filter(|one| matches!(one.author, Author::Agent { .. })).map(|one| one.body.as_str()).collect();
    assert_eq!(by_people, ["It is me, Sam"], "once");
    let state = app.sessions().read(&key, &switchboard::domain::Visitor::Service).unwrap();
    assert!(matches!(state.owner, Owner::Human { .. }));
    // What is sent later is sent behind it: so it was passed over.
    assert_eq!(ask(&app, &text("a", "A note")).await.status, 200);
    let texts: Vec<String> = meta.sent().iter().map(|sent| sent.text().to_owned()).collect();
    assert_eq!(texts, ["Hello", "A note"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_that_they_are_read_and_somebody_types() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    let read = meta.until_read(1).await.remove(0);
    assert_eq!((&read.body["message_id"], &read.body["typing_indicator"]["type"]), (&json!("wamid.1"), &json!("text")));
    app.stop().await;
}
