//! Twilio: what customers write is answered, news climbs, and only what Twilio signed is read.

use reqwest::Client;
use serde_json::json;
use switchboard::channels::delivery::Delivery;
use switchboard::domain::{Author, Body, Draft, MessageId, PersonName, UserId, Visitor};
use switchboard::engine::channels::outward::Step;

use super::{
    INBOUND, OURS, THEIRS, Twilio, answered, dispatched, form, messages, session, signed, tell, twilio, words, write,
};
use crate::support::app::TestApp;
use crate::support::rest::{Parrot, get, send};

#[tokio::test]
async fn a_customer_who_writes_by_sms_is_answered_by_sms() {
    let provider = Twilio::start().await;
    let url = provider.server.url.clone();
    let app = TestApp::start_in_world(|config| twilio(config, &url), Parrot::world(None)).await;
    let (status, body) = write(&app, "SM900", "Where is my order?").await;
    assert_eq!(status, 200);
    assert!(body.ends_with("<Response></Response>"), "Twilio would send anything else to the customer: {body}");
    let sent = provider.sent(1).await;
    assert_eq!((sent[0].field("To"), sent[0].field("From")), (THEIRS.to_owned(), OURS.to_owned()));
    assert_eq!(sent[0].field("Body"), "Where is my order?", "the parrot's answer");
    assert_eq!(sent[0].path, "/2010-04-01/Accounts/AC1/Messages.json");
    assert!(sent[0].headers["authorization"].starts_with("Basic "));
    let details = send(get(&app, &format!("/api/admin/sessions/{}", session(&app).session))).await;
    let details = &details.body["session"];
    assert_eq!((&details["channel"], &details["customerInfo"]["phone"]), (&json!("sms"), &json!(THEIRS)));
}

#[tokio::test]
async fn the_same_message_twice_counts_once_and_is_answered_once() {
    let provider = Twilio::start().await;
    let url = provider.server.url.clone();
    let app = TestApp::start_in_world(|config| twilio(config, &url), Parrot::world(None)).await;
    let (one, other) = tokio::join!(write(&app, "SM900", "Hello"), write(&app, "SM900", "Hello"));
    assert_eq!((one.0, other.0, write(&app, "SM900", "Hello").await.0), (200, 200, 200));
    write(&app, "SM901", "Still there?").await;
    provider.sent(2).await;
    assert_eq!(words(&app, |author| *author == Author::Customer), ["Hello", "Still there?"]);
    assert_eq!(provider.sent(2).await.len(), 2);
}

#[tokio::test]
async fn news_climbs_by_our_name_or_by_twilios_and_never_goes_back() {
    let provider = Twilio::start().await;
    let url = provider.server.url.clone();
    let app = TestApp::start_in_world(|config| twilio(config, &url), Parrot::world(None)).await;
    write(&app, "SM900", "Hello").await;
    let sent = provider.sent(1).await.remove(0);
    dispatched(&app, |known| known.len() == 1 && known[0].parts[0].provider_id.as_deref() == Some("SM0")).await;
    let origin = app.url("");
    assert_eq!(tell(&origin, &sent, &[("MessageSid", "SM0"), ("MessageStatus", "delivered")]).await, 200);
    assert_eq!(tell(&origin, &sent, &[("MessageSid", "SM0"), ("MessageStatus", "sent")]).await, 200);
    let known = dispatched(&app, |known| known[0].reach() == Some(Delivery::Delivered)).await;
    assert_eq!(known[0].parts[0].step, Step::Gone);
    // Without our name, as for a message of which Twilio was told another address.
    let plain = "/api/channels/sms/twilio/status";
    let read = [("MessageSid", "SM0"), ("MessageStatus", "read")];
    assert_eq!(answered(signed(&origin, plain, &read)).await.0, 200);
    dispatched(&app, |known| known[0].reach() == Some(Delivery::Read)).await;
    for unknown in ["SM77", "nothing of ours"] {
        let fields = [("MessageSid", unknown), ("MessageStatus", "delivered")];
        let of_nobody = format!("{plain}?ref=00000000000000000000000000000000.0");
        assert_eq!(answered(signed(&origin, &of_nobody, &fields)).await.0, 200, "or it would come again");
    }
}

#[tokio::test]
async fn a_message_that_did_not_arrive_says_why() {
    let provider = Twilio::start().await;
    let url = provider.server.url.clone();
    let app = TestApp::start_in_world(|config| twilio(config, &url), Parrot::world(None)).await;
    write(&app, "SM900", "Hello").await;
    let sent = provider.sent(1).await.remove(0);
    let fields = [("MessageSid", "SM0"), ("MessageStatus", "undelivered"), ("ErrorCode", "30006")];
    assert_eq!(tell(&app.url(""), &sent, &fields).await, 200);
    let known = dispatched(&app, |known| known[0].reach() == Some(Delivery::Failed)).await;
    assert_eq!(known[0].failure.as_ref().and_then(|failure| failure.code), Some(30_006));
}

#[tokio::test]
async fn only_what_twilio_signed_is_read() {
    let provider = Twilio::start().await;
    let url = provider.server.url.clone();
    let app = TestApp::start_with(|config| twilio(config, &url)).await;
    let fields = [("MessageSid", "SM900"), ("From", THEIRS), ("To", OURS), ("Body", "Hello")];
    let origin = app.url("");
    let call = |path: &str| form(Client::new().post(format!("{origin}{path}")), &fields);
    for path in [INBOUND, "/api/channels/sms/twilio/status"] {
        for signature in ["", "nonsense", "HhQxzMto5Gwzp79osFv9z+OKfyM="] {
            assert_eq!(answered(call(path).header("x-twilio-signature", signature)).await.0, 401, "{path}");
        }
        assert_eq!(answered(call(path)).await.0, 401);
    }
    // Signed for another address, and for other fields.
    let other = signed(&origin, "/api/channels/sms/twilio/status", &fields).build().unwrap();
    let signature = other.headers()["x-twilio-signature"].to_str().unwrap();
    assert_eq!(answered(call(INBOUND).header("x-twilio-signature", signature)).await.0, 401);
    let exotel = "/api/channels/sms/exotel/inbound";
    assert_eq!(answered(signed(&origin, exotel, &fields)).await.0, 401, "that one is not set up");
    let nobody = TestApp::start().await;
    assert_eq!(answered(signed(&nobody.url(""), INBOUND, &fields)).await.0, 401);
    assert_eq!(provider.server.asked().len(), 0);
}

#[tokio::test]
async fn a_long_message_of_a_colleague_goes_in_messages_of_ten_segments_in_order() {
    let provider = Twilio::start().await;
    let url = provider.server.url.clone();
    let app = TestApp::start_in_world(|config| twilio(config, &url), Parrot::world(None)).await;
    write(&app, "SM900", "Hello").await;
    provider.sent(1).await;
    let long: String = (0..400).map(|number| format!("word{number} ")).collect();
    let sam = Visitor::Staff { user: UserId(uuid::Uuid::nil()), name: PersonName::parse("name", "Sam Lee").unwrap() };
    let draft = Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body: Body::parse("text", long.trim()).unwrap(),
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    app.sessions().post(&session(&app), sam, None, draft).await.unwrap();
    let sent = provider.sent(4).await.split_off(1);
    let together: String = sent.iter().map(|request| request.field("Body")).collect();
    assert_eq!(together, long.trim());
    assert!(sent.iter().all(|request| request.field("Body").len() <= 1_530));
    let callbacks: Vec<String> = sent.iter().map(|request| request.field("StatusCallback")).collect();
    assert!(callbacks[0].ends_with(".0") && callbacks[1].ends_with(".1"), "{callbacks:?}");
    // It is as far as the part that is least far.
    let origin = app.url("");
    tell(&origin, &sent[0], &[("MessageSid", "SM1"), ("MessageStatus", "delivered")]).await;
    tell(&origin, &sent[1], &[("MessageSid", "SM2"), ("MessageStatus", "sent")]).await;
    tell(&origin, &sent[2], &[("MessageSid", "SM3"), ("MessageStatus", "delivered")]).await;
    dispatched(&app, |known| known.len() == 2 && known[1].reach() == Some(Delivery::Sent)).await;
}

#[tokio::test]
async fn files_are_named_and_who_has_no_number_is_not_answered() {
    let provider = Twilio::start().await;
    let url = provider.server.url.clone();
    let app = TestApp::start_in_world(|config| twilio(config, &url), Parrot::world(None)).await;
    let origin = app.url("");
    let picture = [
        ("MessageSid", "MM1"),
        ("From", THEIRS),
        ("To", OURS),
        ("Body", ""),
        ("NumMedia", "1"),
        ("MediaUrl0", "https://api.twilio.test/media/1"),
        ("MediaContentType0", "image/jpeg"),
    ];
    assert_eq!(answered(signed(&origin, INBOUND, &picture)).await.0, 200);
    assert_eq!(provider.sent(1).await[0].field("Body"), "[image/jpeg]");
    let message = messages(&app).remove(0);
    assert_eq!(message.metadata.unwrap()["sms"]["media"][0]["url"], "https://api.twilio.test/media/1");
    let of_a_bank = [("MessageSid", "SM2"), ("From", "MYBANK"), ("To", OURS), ("Body", "Your code is 123")];
    assert_eq!(answered(signed(&origin, INBOUND, &of_a_bank)).await.0, 200);
    let to_another = [("MessageSid", "SM3"), ("From", THEIRS), ("To", "+15550009999"), ("Body", "Hi")];
    assert_eq!(answered(signed(&origin, INBOUND, &to_another)).await.0, 200);
    for odd in [&[("Body", "Hi")][..], &[], &[("MessageSid", "SM4"), ("From", ""), ("Body", "Hi")]] {
        assert_eq!(answered(signed(&origin, INBOUND, odd)).await.0, 200, "it would come again: {odd:?}");
    }
    write(&app, "SM5", "Last").await;
    assert_eq!(
        provider.sent(2).await.iter().map(|sent| sent.field("Body")).collect::<Vec<_>>(),
        ["[image/jpeg]", "Last"]
    );
}
