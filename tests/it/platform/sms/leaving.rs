//! Words that leave, come back and ask: obeyed at once and everywhere, told once, and honoured for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use switchboard::channels::delivery::Delivery;
use switchboard::channels::failure::FailureClass;
use switchboard::domain::message::Notice;
use switchboard::domain::{Author, CustomerId, OrganizationId};
use switchboard::engine::channels::outward::{Dispatch, of_session};
use switchboard::store::{Batch, record};

use super::{THEIRS, Twilio, dispatched, messages, tell, twilio, words, write};
use crate::support::app::{PATIENCE, TestApp};
use crate::support::meta::{self, Meta};
use crate::support::provider::Does;
use crate::support::rest::{Parrot, post, send};

const STOPPED: &str = "You will get no more messages";
const STARTED: &str = "You will get messages from us again";

async fn started(provider: &Twilio) -> TestApp {
    let url = provider.server.url.clone();
    TestApp::start_in_world(|config| twilio(config, &url), Parrot::world(None)).await
}

fn is_unwanted(dispatch: &Dispatch) -> bool {
    dispatch.failure.as_ref().is_some_and(|failure| failure.class == FailureClass::OptedOut)
}

/// What was asked to be sent so far.
fn bodies(provider: &Twilio) -> Vec<String> {
    provider.server.asked().iter().filter(|asked| asked.method == "POST").map(|asked| asked.field("Body")).collect()
}

#[tokio::test]
async fn whoever_leaves_gets_nothing_more_until_they_come_back() {
    let provider = Twilio::start().await;
    let app = started(&provider).await;
    write(&app, "SM900", "Hello").await;
    provider.sent(1).await;
    // Twilio answers its own words.
    assert_eq!(write(&app, "SM901", " Stop ").await.0, 200);
    assert_eq!(write(&app, "SM902", "Are you there?").await.0, 200);
    dispatched(&app, |known| known.iter().any(is_unwanted)).await;
    assert_eq!(bodies(&provider), ["Hello"]);
    let stop = messages(&app).into_iter().find(|message| message.body.as_str() == " Stop ").unwrap();
    assert!(stop.quiet, "no assistant is asked about it");
    // What is brought late does not undo what came after.
    assert_eq!(write(&app, "SM903", "START").await.0, 200);
    assert_eq!(write(&app, "SM901", " Stop ").await.0, 200);
    write(&app, "SM904", "Back again").await;
    dispatched(&app, |known| known.len() == 3 && known[2].parts[0].provider_id.is_some()).await;
    assert_eq!(bodies(&provider), ["Hello", "Back again"], "START is Twilio's own word too");
}

#[tokio::test]
async fn a_word_that_the_provider_does_not_know_is_confirmed_once_by_us() {
    let provider = Twilio::start().await;
    let app = started(&provider).await;
    for _ in 0..3 {
        assert_eq!(write(&app, "SM900", "Abmelden").await.0, 200);
    }
    assert!(provider.sent(1).await[0].field("Body").starts_with(STOPPED));
    write(&app, "SM901", "Anmelden").await;
    assert!(provider.sent(2).await[1].field("Body").starts_with(STARTED));
    write(&app, "SM902", "Hilfe").await;
    assert!(provider.sent(3).await[2].field("Body").contains("STOP"));
    write(&app, "SM903", "Where is my order?").await;
    assert_eq!(provider.sent(4).await[3].field("Body"), "Where is my order?");
    let told = words(&app, |author| *author == Author::Notice(Notice::Subscription));
    assert_eq!(told.len(), 3, "the staff sees what the customer was told");
    assert_eq!(bodies(&provider).len(), 4);
}

#[tokio::test]
async fn what_waits_when_somebody_leaves_is_not_sent_any_more() {
    let provider = Twilio::start().await;
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    provider.does(move |_| down.load(Ordering::SeqCst).then(|| Does::Answer(503, "", "not now".to_owned())));
    let app = started(&provider).await;
    write(&app, "SM900", "Hello").await;
    provider.sent(1).await;
    assert_eq!(write(&app, "SM901", "Abmelden").await.0, 200);
    is_down.store(false, Ordering::SeqCst);
    let told = |known: &[Dispatch]| known.len() == 2 && known[1].parts[0].provider_id.is_some();
    let known = dispatched(&app, told).await;
    assert!(is_unwanted(&known[0]), "{known:?}");
    let taken: Vec<String> = provider.taken.lock().unwrap().iter().map(|sms| sms["body"].to_string()).collect();
    assert!(taken.len() == 1 && taken[0].contains(STOPPED), "{taken:?}");
}

#[tokio::test]
async fn a_provider_that_knows_of_somebody_who_left_is_believed() {
    let provider = Twilio::start().await;
    let blocked = json!({ "code": 21610, "message": "unsubscribed", "status": 400 }).to_string();
    provider.does(move |number| (number == 0).then(|| Does::Answer(400, "", blocked.clone())));
    let app = started(&provider).await;
    write(&app, "SM900", "Hello").await;
    dispatched(&app, |known| known.len() == 1 && is_unwanted(&known[0])).await;
    write(&app, "SM901", "And now?").await;
    dispatched(&app, |known| known.len() == 2 && is_unwanted(&known[1])).await;
    assert_eq!(bodies(&provider), ["Hello"], "the second one is not even asked");
}

#[tokio::test]
async fn late_news_of_an_old_message_does_not_undo_that_somebody_came_back() {
    let provider = Twilio::start().await;
    let app = started(&provider).await;
    write(&app, "SM900", "Hello").await;
    let sent = provider.sent(1).await.remove(0);
    let known = dispatched(&app, |known| known.len() == 1 && known[0].parts[0].provider_id.is_some()).await;
    let sid = known[0].parts[0].provider_id.clone().unwrap();
    write(&app, "SM901", "Abmelden").await;
    provider.sent(2).await;
    assert_eq!(write(&app, "SM902", "START").await.0, 200);
    let fields =
        [("MessageSid", sid.as_str()), ("MessageStatus", "undelivered"), ("ErrorCode", "21610"), ("To", THEIRS)];
    for _ in 0..2 {
        assert_eq!(tell(&app.url(""), &sent, &fields).await, 200);
    }
    write(&app, "SM903", "Back again").await;
    assert_eq!(provider.sent(3).await[2].field("Body"), "Back again");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_by_whatsapp_gets_nothing_by_sms_either() {
    let (provider, meta) = (Twilio::start().await, Meta::start().await);
    let url = provider.server.url.clone();
    let set_up = |config: &mut switchboard::config::Config| {
        twilio(config, &url);
        meta.set_up(config);
    };
    let app = TestApp::start_in_world(set_up, Parrot::world(None)).await;
    meta::write(&app.url(""), THEIRS.trim_start_matches('+'), "wamid.1", "STOP").await;
    assert!(meta.until_sent(1).await[0].text().starts_with(STOPPED));
    assert_eq!(write(&app, "SM900", "Hello").await.0, 200);
    let (organization, customer) = (OrganizationId::default_organization(), CustomerId::parse(THEIRS).unwrap());
    let unwanted = async {
        loop {
            let (sessions, _) = app.sessions().slice_of_customer(&organization, &customer, 0, 10).unwrap();
            let all = sessions.iter().flat_map(|session| of_session(app.store(), &session.key, 10).unwrap());
            if all.map(|found| found.record).any(|dispatch| is_unwanted(&dispatch)) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, unwanted).await.expect("the answer is set aside");
    assert!(bodies(&provider).is_empty());
    app.stop().await;
}

#[tokio::test]
async fn whoever_left_and_was_erased_is_still_left_alone() {
    let provider = Twilio::start().await;
    let app = started(&provider).await;
    write(&app, "SM900", "Abmelden").await;
    provider.sent(1).await;
    dispatched(&app, |known| known.len() == 1 && known[0].parts[0].provider_id.is_some()).await;
    let erase = post(&app, &format!("/api/console/customers/{THEIRS}/erase")).json(&json!({ "confirm": THEIRS }));
    assert_eq!(send(erase).await.status, 202);
    let (organization, customer) = (OrganizationId::default_organization(), CustomerId::parse(THEIRS).unwrap());
    let gone = async {
        while !app.sessions().slice_of_customer(&organization, &customer, 0, 10).unwrap().0.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("their sessions go");
    let left = app.store().keys(switchboard::store::KeyRange::prefix("opt_out/"), 10).unwrap();
    assert!(left.len() == 1 && !String::from_utf8_lossy(&left[0]).contains("5550002222"));
    // A fence may still be up for a moment: the provider brings it again.
    let taken = async { while write(&app, "SM901", "Hello, a new one").await.0 != 200 {} };
    tokio::time::timeout(PATIENCE, taken).await.expect("they may write");
    dispatched(&app, |known| known.len() == 1 && is_unwanted(&known[0])).await;
    assert_eq!(bodies(&provider).len(), 1);
}

#[tokio::test]
async fn news_that_names_another_organizations_message_changes_nothing() {
    let provider = Twilio::start().await;
    let app = started(&provider).await;
    write(&app, "SM900", "Hello").await;
    let sent = provider.sent(1).await.remove(0);
    let known = dispatched(&app, |known| known.len() == 1 && known[0].parts[0].provider_id.is_some()).await;
    let other = OrganizationId::parse("other").unwrap();
    let theirs = Dispatch { organization: other.clone(), id: uuid::Uuid::from_u128(7), ..known[0].clone() };
    let mut batch = Batch::default();
    record::insert(&mut batch, &theirs).unwrap();
    app.store().commit(batch).await.unwrap();
    let mut forged = sent.clone();
    let callback = sent.field("StatusCallback");
    let (path, _) = callback.split_once("ref=").unwrap();
    let named = format!("{path}ref={}.0", theirs.id.simple());
    forged.raw = form_urlencoded::Serializer::new(String::new()).append_pair("StatusCallback", &named).finish().into();
    // Their name, and an id that is not ours.
    let fields = [("MessageSid", "SM4711"), ("MessageStatus", "delivered")];
    assert_eq!(tell(&app.url(""), &forged, &fields).await, 200);
    let untouched = record::get::<Dispatch>(app.store(), &other, &theirs.id.to_string()).unwrap().unwrap().record;
    assert!(untouched.reach() < Some(Delivery::Delivered));
}
