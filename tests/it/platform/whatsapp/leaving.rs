//! Whoever leaves by `WhatsApp` is told once and gets nothing unasked any more; what they write themself is answered.

use serde_json::{Value, json};
use switchboard::domain::{CustomerId, OrganizationId};

use super::{ANN, messages_of, origin, parrot, session_of};
use crate::support::app::{PATIENCE, TestApp, test_config};
use crate::support::meta::{Does, Meta, bring, status, statuses, write};
use crate::support::rest::{Parrot, Reply, post, send};

const BO: &str = "15550003333";
const STOPPED: &str = "You will get no more messages";
const STARTED: &str = "You will get messages from us again";

async fn ask(app: &TestApp, body: &Value) -> Reply {
    send(post(app, "/api/channels/whatsapp/messages").json(body)).await
}

fn template(id: &str) -> Value {
    let template = json!({ "name": "order_shipped", "language": { "code": "en_US" } });
    json!({ "to": ANN, "type": "template", "template": template, "messageId": id })
}

/// How many templates Meta was asked to send.
fn templates(meta: &Meta) -> usize {
    meta.asked().iter().filter(|asked| asked.body["type"] == "template").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_is_told_once_and_answered_only_where_they_write_again() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(1).await;
    for _ in 0..2 {
        write(&origin(&app), ANN, "wamid.2", " Stop. ").await;
    }
    assert!(meta.until_sent(2).await[1].text().starts_with(STOPPED));
    let stop = messages_of(&app, &session_of(&app, ANN)).into_iter().find(|said| said.body.as_str() == " Stop. ");
    assert!(stop.unwrap().quiet, "no assistant is asked about it");
    let refused = ask(&app, &template("t1")).await;
    assert_eq!((refused.status, templates(&meta)), (400, 0), "{}", refused.body);

    write(&origin(&app), ANN, "wamid.3", "Are you there?").await;
    assert_eq!(meta.until_sent(3).await[2].text(), "Are you there?", "they opened it themself");
    for unasked in [template("t2"), json!({ "to": ANN, "text": "Your order has been shipped!", "messageId": "t3" })] {
        assert_eq!(ask(&app, &unasked).await.status, 400);
    }
    assert_eq!(meta.sent().len(), 3);

    write(&origin(&app), ANN, "wamid.4", "START").await;
    assert!(meta.until_sent(4).await[3].text().starts_with(STARTED));
    assert_eq!(ask(&app, &template("t4")).await.status, 200);
    // What is brought late does not undo what came after.
    write(&origin(&app), ANN, "wamid.2", " Stop. ").await;
    assert_eq!(ask(&app, &template("t5")).await.status, 200);
    app.stop().await;
}

/// The same app, started again on what it kept.
async fn restarted(app: TestApp, meta: &Meta) -> TestApp {
    let data = app.stop().await;
    let mut config = test_config();
    meta.set_up(&mut config);
    TestApp::start_on(config, Parrot::world(None), data).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_left_is_known_after_an_erasure_and_a_restart_and_can_come_back() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    write(&origin(&app), ANN, "wamid.1", "STOP").await;
    meta.until_sent(1).await;
    let app = restarted(app, &meta).await;
    assert_eq!(ask(&app, &template("t1")).await.status, 400);
    let erase = post(&app, &format!("/api/console/customers/+{ANN}/erase"));
    assert_eq!(send(erase.json(&json!({ "confirm": format!("+{ANN}") }))).await.status, 202);
    let (organization, customer) =
        (OrganizationId::default_organization(), CustomerId::parse(&format!("+{ANN}")).unwrap());
    let gone = async {
        while !app.sessions().slice_of_customer(&organization, &customer, 0, 10).unwrap().0.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("their sessions go");
    let app = restarted(app, &meta).await;
    assert_eq!((ask(&app, &template("t2")).await.status, templates(&meta)), (400, 0));
    write(&origin(&app), ANN, "wamid.2", "START").await;
    assert!(meta.until_sent(2).await[1].text().starts_with(STARTED), "the word means something of who left");
    let app = restarted(app, &meta).await;
    assert_eq!((ask(&app, &template("t3")).await.status, templates(&meta)), (200, 1));
    write(&origin(&app), ANN, "wamid.3", "START").await;
    assert_eq!(meta.until_sent(4).await[3].text(), "START", "and nothing of who came back");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_asks_for_nothing_of_theirs_is_conversation() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    for (number, text) in ["Start", "Help", "Please stop"].into_iter().enumerate() {
        write(&origin(&app), BO, &format!("wamid.{number}"), text).await;
        assert_eq!(meta.until_sent(number + 1).await[number].text(), text, "the assistant answers");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn meta_is_not_asked_again_for_whom_it_says_to_have_switched_it_off() {
    let meta = Meta::doing(|_, asked| match asked.body["type"].as_str() {
        Some("template") => Does::Refuse(400, "", 131_050),
        _ => Does::Take,
    })
    .await;
    let app = parrot(&meta).await;
    assert_eq!(ask(&app, &template("t1")).await.status, 400);
    assert_eq!((ask(&app, &template("t2")).await.status, templates(&meta)), (400, 1), "Meta is not asked");
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    assert_eq!(meta.until_sent(1).await[0].text(), "Hello", "what they ask is answered");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_that_somebody_switched_it_off_counts_until_they_write() {
    let meta = Meta::start().await;
    let app = parrot(&meta).await;
    assert_eq!(ask(&app, &template("t1")).await.status, 200);
    let sent = meta.until_sent(1).await.remove(0);
    let mut news = status(&sent.wamid, sent.ours(), "failed");
    news["errors"] = json!([{ "code": 131_050, "title": "the user stopped it" }]);
    let told = || async { bring(&origin(&app), &statuses(&json!([news]))).await.status };
    assert_eq!(told().await, 200);
    assert_eq!((ask(&app, &template("t2")).await.status, templates(&meta)), (400, 1));
    write(&origin(&app), ANN, "wamid.1", "Hello").await;
    meta.until_sent(2).await;
    assert_eq!(told().await, 200, "the same news once more");
    assert_eq!((ask(&app, &template("t3")).await.status, templates(&meta)), (200, 2), "the next one asks Meta");
    app.stop().await;
}
