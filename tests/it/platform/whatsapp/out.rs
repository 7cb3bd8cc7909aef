//! What goes out when all is well: each reply once, in order, to the right name, and only while Meta takes it.

use std::sync::Arc;

use serde_json::json;
use switchboard::app::World;
use switchboard::channels::FailureClass;
use switchboard::channels::delivery::Delivery;
use switchboard::domain::{Body, Draft, MessageId, PersonName, UserId, Visitor};
use switchboard::engine::channels::outward::Step;

use super::{ANN, dispatches, origin, parrot, session_of, until, went};
use crate::support::app::TestApp;
use crate::support::clock::HandClock;
use crate::support::meta::{Does, Meta, NUMBER, TOKEN, bring, changed, messages, status, statuses, text, write};
use crate::support::rest::Parrot;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_assistant_goes_out_once_under_our_name() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    let sent = meta.until_sent(1).await.remove(0);
    assert_eq!((sent.path.as_str(), sent.token.as_str()), (format!("/v25.0/{NUMBER}/messages").as_str(), TOKEN));
    assert_eq!((sent.text(), &sent.body["to"]), ("Hello", &json!(ANN)));
    let key = session_of(&app, ANN);
    let known = until(&app, &key, went(1)).await.remove(0);
    assert_eq!(known.parts[0].provider_id.as_deref(), Some(sent.wamid.as_str()));
    assert_eq!((sent.ours(), known.reach()), (format!("{}.0", known.id.simple()).as_str(), Some(Delivery::Accepted)));
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    write(&origin(&app), ANN, "wamid.2", "Thanks").await;
    let texts: Vec<String> = meta.until_sent(2).await.iter().map(|sent| sent.text().to_owned()).collect();
    assert_eq!(texts, ["Hello", "Thanks"], "what came twice is answered once");
    app.stop().await;
}

/// More than fits into two messages.
fn long() -> String {
    (0..1_200).map(|number| format!("word{number} ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_message_goes_as_several_messages_in_order() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Tell me everything").await;
    meta.until_sent(1).await;
    let key = session_of(&app, ANN);
    let colleague = Visitor::Staff { user: UserId(uuid::Uuid::nil()), name: PersonName::parse("name", "Sam").unwrap() };
    let draft = Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body: Body::parse("text", long().trim()).unwrap(),
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    app.sessions().post(&key, colleague, None, draft).await.unwrap();
    let sent = meta.until_sent(4).await.split_off(1);
    let whole: Vec<&str> = sent.iter().flat_map(|sent| sent.text().split_whitespace()).collect();
    assert_eq!(whole, long().split_whitespace().collect::<Vec<_>>());
    let known = until(&app, &key, went(2)).await.remove(1);
    let names: Vec<String> = (0..known.parts.len()).map(|part| format!("{}.{part}", known.id.simple())).collect();
    assert_eq!(sent.iter().map(|sent| sent.ours().to_owned()).collect::<Vec<_>>(), names);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_number_is_written_to_by_its_id_and_by_the_number_where_that_is_refused() {
    let meta = Meta::doing(|_, asked| match asked.body["recipient"].as_str() {
        Some("US.88") => Does::Refuse(400, "", 131_062),
        _ => Does::Take,
    })
    .await;
    let app = parrot(&meta).await;
    let hidden = |user: &str, id: &str| {
        let message = json!({ "from_user_id": user, "id": id, "timestamp": crate::support::meta::seconds_ago(0),
            "type": "text", "text": { "body": id } });
        let contacts = json!([{ "profile": { "name": "Bo" }, "user_id": user }]);
        changed("messages", &json!({ "contacts": contacts, "messages": [message] }))
    };
    assert_eq!(bring(&origin(&app), &hidden("US.77", "wamid.1")).await.status, 200);
    let sent = meta.until_sent(1).await.remove(0);
    assert_eq!((&sent.body["recipient"], &sent.body["to"]), (&json!("US.77"), &json!(null)));
    // Of this one the number is known first, and the id later.
    write(&origin(&app), ANN, "wamid.2", "By number").await;
    let mut both = text(ANN, "wamid.3", 0, "By both");
    both["from_user_id"] = json!("US.88");
    assert_eq!(bring(&origin(&app), &messages(ANN, "Ann", &json!([both]))).await.status, 200);
    let sent = meta.until_sent(3).await.remove(2);
    assert_eq!((sent.text(), &sent.body["to"]), ("By both", &json!(ANN)), "in the same try");
    assert_eq!(meta.asked().iter().filter(|asked| asked.text() == "By both").count(), 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_in_any_order_and_twice_never_take_a_step_back() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    let sent = meta.until_sent(1).await.remove(0);
    let key = session_of(&app, ANN);
    until(&app, &key, went(1)).await;
    let mut reached = Vec::new();
    for (ours, word) in [
        ("", "delivered"),
        (sent.ours(), "sent"),
        ("", "delivered"),
        (sent.ours(), "read"),
        ("", "failed"),
        ("", "warped"),
    ] {
        let news = statuses(&json!([status(&sent.wamid, ours, word), status("wamid.unknown", "", word)]));
        assert_eq!(bring(&origin(&app), &news).await.status, 200);
        reached.push(dispatches(&app, &key)[0].reach().unwrap());
    }
    use Delivery::{Delivered, Read};
    assert_eq!(reached, [Delivered, Delivered, Delivered, Read, Read, Read], "and each is durable before the answer");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_after_it_was_taken_says_why() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    let sent = meta.until_sent(1).await.remove(0);
    let key = session_of(&app, ANN);
    until(&app, &key, went(1)).await;
    let mut failed = status(&sent.wamid, "", "failed");
    failed["errors"] = json!([{ "code": 131_026, "title": "Message undeliverable" }]);
    assert_eq!(bring(&origin(&app), &statuses(&json!([failed]))).await.status, 200);
    let known = dispatches(&app, &key).remove(0);
    let failure = known.failure.clone().unwrap();
    assert_eq!(
        (known.reach(), failure.class, failure.code),
        (Some(Delivery::Failed), FailureClass::Permanent, Some(131_026))
    );
    assert_eq!(meta.sent().len(), 1, "it is not sent once more");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_a_day_after_the_customer_wrote_and_meta_is_not_asked() {
    let meta = Meta::start().await;
    let clock = Arc::new(HandClock::at("2026-11-22T10:00:00Z"));
    let world = World { clock: clock.clone(), ..Parrot::world(None) };
    let app = TestApp::start_in_world(|config| meta.set_up(config), world).await;
    let written = |id: &str, at: &str, body: &str| {
        let seconds = switchboard::domain::Timestamp::parse(at).unwrap().as_ms() / 1_000;
        let mut text = text(ANN, id, 0, body);
        text["timestamp"] = seconds.to_string().into();
        messages(ANN, "Ann", &json!([text]))
    };
    // It was on its way for almost a day.
    assert_eq!(bring(&origin(&app), &written("wamid.1", "2026-11-21T10:05:00Z", "Open")).await.status, 200);
    meta.until_sent(1).await;
    let key = session_of(&app, ANN);
    until(&app, &key, went(1)).await;
    clock.set("2026-11-22T10:10:00Z");
    assert_eq!(bring(&origin(&app), &written("wamid.2", "2026-11-21T10:06:00Z", "Closed")).await.status, 200);
    let known = until(&app, &key, |known| known.len() == 2 && known[1].failure.is_some()).await.remove(1);
    assert_eq!((known.parts[0].step, known.failure.unwrap().class), (Step::Waiting, FailureClass::WindowClosed));
    // A reaction does not open it, and words do.
    let reaction = json!({ "from": ANN, "id": "wamid.3", "timestamp": "1795342200", "type": "reaction",
        "reaction": { "message_id": "wamid.2", "emoji": "\u{1f44d}" } });
    assert_eq!(bring(&origin(&app), &messages(ANN, "Ann", &json!([reaction]))).await.status, 200);
    assert_eq!(bring(&origin(&app), &written("wamid.4", "2026-11-22T10:09:00Z", "Open again")).await.status, 200);
    let texts: Vec<String> = meta.until_sent(2).await.iter().map(|sent| sent.text().to_owned()).collect();
    assert_eq!((texts, meta.asked().len()), (vec!["Open".to_owned(), "Open again".to_owned()], 2));
    app.stop().await;
}
