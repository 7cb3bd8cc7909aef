//! Who has the session, and how it was.

use serde_json::{Value, json};
use switchboard::domain::{
    Command, DeskCommand, Label, OrganizationId, PersonName, SessionId, SessionKey, UserId, Visitor,
};
use uuid::Uuid;

use super::{greeted, heard, text};
use crate::support::app::TestApp;
use crate::support::rest::{customer_token, key_of, post, post_as, send};
use crate::support::ws::Client;

fn key(session: &str) -> SessionKey {
    let session = SessionId::parse(session).unwrap();
    SessionKey { organization: OrganizationId::default_organization(), session }
}

fn jane() -> Visitor {
    let name = PersonName::parse("name", "Jane Smith").unwrap();
    Visitor::Staff { user: UserId(Uuid::from_u128(7)), name }
}

async fn jane_does(app: &TestApp, session: &str, command: Command) {
    app.sessions().act(&key(session), command).await.unwrap();
}

/// A customer asks for a person, Jane has them, writes, and ends it.
async fn served(app: &TestApp, session: &str) -> Client {
    let (mut ann, _) = greeted(app, session, "0").await;
    ann.send(json!({ "type": "handover_request" })).await;
    ann.wait_for(|frame| frame["status"] == "waiting").await;
    jane_does(app, session, Command::TakeOver { visitor: jane(), if_epoch: None }).await;
    ann.wait_for(|frame| frame["status"] == "with_agent").await;
    let body = switchboard::domain::Body::parse("text", "Hi, I'm Jane.").unwrap();
    let draft = switchboard::domain::Draft {
        id: switchboard::domain::MessageId(Uuid::now_v7()),
        body,
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    app.sessions().post(&key(session), jane(), None, draft).await.unwrap();
    let reason = Label::parse("reason", "solved").unwrap();
    jane_does(
        app,
        session,
        Command::Desk(DeskCommand::WrapUp { visitor: jane(), reason, summary: None, if_epoch: None }),
    )
    .await;
    ann
}

#[tokio::test]
async fn a_request_for_a_person_is_acknowledged_under_its_id_also_when_it_comes_again() {
    let app = TestApp::start().await;
    let (mut ann, _) = greeted(&app, "s", "0").await;
    for _ in 0..2 {
        ann.send(json!({ "type": "handover_request", "id": "human-1" })).await;
        ann.wait_for(|frame| frame["type"] == "ack" && frame["id"] == "human-1").await;
    }
}

#[tokio::test]
async fn every_new_owner_is_told_with_its_place_in_the_log_and_whoever_comes_later_gets_it_again() {
    let app = TestApp::start().await;
    let (mut ann, hello) = greeted(&app, "s", "0").await;
    assert_eq!((&hello["owner"], &hello["agentName"]), (&json!("ai"), &Value::Null));
    ann.send(json!({ "type": "handover_request" })).await;
    let owner = ann.wait_for_type("owner").await;
    assert_eq!((&owner["status"], &owner["agentName"]), (&json!("waiting"), &Value::Null));
    let (mut again, hello) = greeted(&app, "s", "0").await;
    assert_eq!(hello["owner"], "waiting");
    assert_eq!(again.wait_for_type("owner").await, owner);
}

#[tokio::test]
async fn what_is_no_rating_is_refused_under_its_id() {
    let app = TestApp::start().await;
    let (mut ann, _) = greeted(&app, "s", "0").await;
    let long = "x".repeat(2_001);
    let bad = [
        (json!({}), "score"),
        (json!({ "score": 0 }), "score"),
        (json!({ "score": 6 }), "score"),
        (json!({ "score": -3 }), "score"),
        (json!({ "score": 5, "comment": long }), "comment"),
    ];
    for (fields, name) in bad {
        let mut frame = json!({ "type": "rate", "id": "r1" });
        frame.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        ann.send(frame).await;
        let refused = ann.wait_for_type("error").await;
        assert_eq!((&refused["code"], &refused["id"]), (&json!("invalid_request"), &json!("r1")));
        assert!(refused["message"].as_str().unwrap().starts_with(name), "{refused}");
    }
    ann.send(json!({ "type": "rate", "score": 4.5, "id": "r1" })).await;
    assert!(ann.wait_for_type("error").await["message"].as_str().unwrap().starts_with("score"));
    ann.send(json!({ "type": "read" })).await;
    assert!(ann.wait_for_type("error").await["message"].as_str().unwrap().starts_with("seq"));
    ann.send(text("Still here", "m1")).await;
    assert_eq!(heard(&mut ann, &["ack"], |frame| frame["type"] == "ack").await[0]["id"], "m1");
}

#[tokio::test]
async fn the_customer_is_asked_once_how_it_was_and_everybody_who_follows_hears_what_they_said() {
    let app = TestApp::start().await;
    let mut ann = served(&app, "s").await;
    let story = heard(&mut ann, &["owner", "rating_requested"], |frame| frame["type"] == "rating_requested").await;
    let asked = story.last().unwrap();
    assert!(asked["seq"].is_u64() && asked["epoch"].is_u64() && asked["timestamp"].is_string(), "{asked}");
    let (mut phone, hello) = greeted(&app, "s", &format!("{}:{}", asked["epoch"], asked["seq"])).await;
    assert_eq!(hello["owner"], "closed");
    ann.send(json!({ "type": "rate", "score": 5, "comment": " ", "id": "r1" })).await;
    let frames = heard(&mut ann, &["rated", "ack", "error"], |frame| frame["type"] == "ack").await;
    assert_eq!((frames.len(), &frames[0]["score"], &frames[1]), (2, &json!(5), &json!({ "type": "ack", "id": "r1" })));
    assert_eq!(phone.wait_for_type("rated").await, frames[0]);
    phone.send(json!({ "type": "rate", "score": 1, "id": "r2" })).await;
    let refused = phone.wait_for_type("error").await;
    assert_eq!((&refused["id"], &refused["code"]), (&json!("r2"), &json!("invalid_request")));
}

#[tokio::test]
async fn who_the_customer_speaks_with_is_told_by_name_and_what_the_staff_has_read() {
    let app = TestApp::start().await;
    let (mut ann, _) = greeted(&app, "s", "0").await;
    ann.send(text("Is anybody there?", "m1")).await;
    let seq = ann.wait_for_type("ack").await["seq"].as_u64().unwrap();
    jane_does(&app, "s", Command::TakeOver { visitor: jane(), if_epoch: None }).await;
    let owner = ann.wait_for(|frame| frame["status"] == "with_agent").await;
    assert_eq!(owner["agentName"], "Jane Smith");
    jane_does(&app, "s", Command::Desk(DeskCommand::Read { visitor: jane(), upto: seq })).await;
    assert_eq!(ann.wait_for_type("read").await, json!({ "type": "read", "upto": seq }));
    let (_, hello) = greeted(&app, "s", "0").await;
    assert_eq!((&hello["owner"], &hello["agentName"]), (&json!("with_agent"), &json!("Jane Smith")));
    let plain = format!("/ws?userId=ann&sessionId=s&token={}", crate::support::app::API_KEY);
    let hello = Client::connect(app.ws_url(&plain)).await.next().await;
    assert!(hello.get("owner").is_none() && hello.get("agentName").is_none(), "{hello}");
}

#[tokio::test]
async fn what_the_customer_has_read_is_told_on_at_most_once_a_second_and_the_newest_counts() {
    let app = TestApp::start().await;
    let (mut ann, _) = greeted(&app, "s", "0").await;
    jane_does(&app, "s", Command::TakeOver { visitor: jane(), if_epoch: None }).await;
    let mut newest = 0;
    for n in 0..5 {
        ann.send(text("Hello", &format!("m{n}"))).await;
        newest = ann.wait_for_type("ack").await["seq"].as_u64().unwrap();
        ann.send(json!({ "type": "read", "seq": newest })).await;
    }
    ann.vanish();
    let read = || app.sessions().read(&key("s"), &Visitor::Service).unwrap().service.unwrap().read_by_customer;
    while read() < newest {
        tokio::task::yield_now().await;
    }
    let events = app.sessions().events_after(&key("s"), 0, 100).unwrap();
    let reads = events.iter().filter(|one| format!("{:?}", one.event).starts_with("Desk(Read")).count();
    assert!((1..=3).contains(&reads), "{reads}");
}

#[tokio::test]
async fn a_rating_over_rest_is_the_customers_own_and_given_once() {
    let app = TestApp::start().await;
    let path = "/api/core/sessions/s/rating";
    let rating = json!({ "score": 4, "comment": "Quick" });
    let ann = customer_token(&app, "ann").await;
    assert_eq!(send(post_as(&app, &ann, path).json(&rating)).await.status, 404, "there is no such session");
    served(&app, "s").await.wait_for_type("rating_requested").await;
    let others = customer_token(&app, "bob").await;
    assert_eq!(send(post_as(&app, &others, path).json(&rating)).await.status, 404);
    let elsewhere = key_of(&app, "elsewhere", &["*"]).await;
    let for_ann = json!({ "score": 4, "userId": "ann" });
    assert_eq!(send(post_as(&app, &elsewhere, path).json(&for_ann)).await.status, 404);
    for bad in
        [json!({}), json!({ "score": 0 }), json!({ "score": 6 }), json!({ "score": "5" }), json!({ "score": 2.5 })]
    {
        let refused = send(post_as(&app, &ann, path).json(&bad)).await;
        assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &json!("invalid_request")), "{bad}");
    }
    assert_eq!(send(post(&app, path).json(&rating)).await.status, 400, "a service says whose it is");
    let rated = send(post_as(&app, &ann, path).json(&rating)).await;
    assert_eq!((rated.status, rated.body), (200, json!({ "status": "success", "sessionId": "s", "score": 4 })));
    assert_eq!(send(post(&app, path).json(&for_ann)).await.status, 409);
}
