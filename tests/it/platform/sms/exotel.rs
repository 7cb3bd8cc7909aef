//! Exotel: nothing is signed, so a token is in the address; the applet and the webhook; its words for how far a message came.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Client;
use secrecy::SecretString;
use serde_json::json;
use switchboard::channels::delivery::Delivery;
use switchboard::config::Config;
use switchboard::domain::Author;

use super::{answered, dispatched, form, words};
use crate::support::app::TestApp;
use crate::support::provider::{Does, Provider, Request};
use crate::support::rest::Parrot;

const TOKEN: &str = "callback-token-1";

pub(super) fn exotel(config: &mut Config, url: &str) {
    let sms = &mut config.sms;
    sms.provider = "exotel".to_owned();
    sms.account = "acme1".to_owned();
    sms.key = "key-1".to_owned();
    sms.secret = SecretString::from("secret-1");
    sms.callback_token = SecretString::from(TOKEN);
    sms.from = "ACMECO".to_owned();
    sms.public_url = super::PUBLIC.to_owned();
    sms.base_url = url.to_owned();
    sms.timeout_ms = 1_000;
    // So that the customer is the one of the other tests.
    sms.country_code = "1".to_owned();
    config.outbox.pause_min_ms = 1;
    config.outbox.pause_max_ms = 20;
    config.outbox.retry_first_ms = 1;
}

pub(super) fn take(number: usize, _: &Request) -> Does {
    let message = json!({ "SMSMessage": { "Sid": format!("ex{number}"), "Status": "queued" } });
    Does::Answer(200, "", message.to_string())
}

pub(super) fn inbound(app: &TestApp, sid: &str, body: &str) -> String {
    let fields = [("token", TOKEN), ("SmsSid", sid), ("From", "05550002222"), ("To", "09000000001"), ("Body", body)];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    app.url(&format!("/api/channels/sms/exotel/inbound?{query}"))
}

#[tokio::test]
async fn a_customer_who_writes_by_the_applet_or_the_webhook_is_answered() {
    let provider = Provider::doing(take).await;
    let app = TestApp::start_in_world(|config| exotel(config, &provider.url), Parrot::world(None)).await;
    let head = Client::new().head(inbound(&app, "ex-in-1", "Hello"));
    assert_eq!(answered(head).await, (200, String::new()), "it only looks whether we are there");
    let got = answered(Client::new().get(inbound(&app, "ex-in-1", "Hello"))).await;
    assert_eq!(got, (200, String::new()), "the applet would send any word to the customer");
    let sent = provider.until(|asked| !asked.is_empty()).await.remove(0);
    assert_eq!(
        (sent.field("To"), sent.field("From"), sent.field("Body")),
        (super::THEIRS.into(), "ACMECO".into(), "Hello".into())
    );
    let fields = [("SmsSid", "ex-in-2"), ("From", "15550002222"), ("To", "09000000001"), ("Body", "Anybody?")];
    let posted = Client::new().post(app.url(&format!("/api/channels/sms/exotel/inbound?token={TOKEN}")));
    assert_eq!(answered(form(posted, &fields)).await.0, 200);
    provider.until(|asked| asked.len() == 2).await;
    assert_eq!(words(&app, |author| *author == Author::Customer), ["Hello", "Anybody?"]);
    let callback = sent.field("StatusCallback").strip_prefix(super::PUBLIC).unwrap().to_owned();
    let news = [("SmsSid", "ex0"), ("Status", "sent"), ("DetailedStatusCode", "20000")];
    assert_eq!(answered(form(Client::new().post(app.url(&callback)), &news)).await.0, 200);
    dispatched(&app, |known| known[0].reach() == Some(Delivery::Delivered)).await;
}

#[tokio::test]
async fn only_who_knows_the_token_is_heard() {
    let provider = Provider::doing(take).await;
    let app = TestApp::start_with(|config| exotel(config, &provider.url)).await;
    let good = inbound(&app, "ex-in-1", "Hello");
    for bad in [good.replace(TOKEN, "callback-token-2"), good.replace("token=", "tokens="), good.replace(TOKEN, "")] {
        assert_eq!(answered(Client::new().get(&bad)).await.0, 401, "{bad}");
    }
    let in_the_body = Client::new().post(app.url("/api/channels/sms/exotel/status"));
    assert_eq!(answered(form(in_the_body, &[("token", TOKEN), ("SmsSid", "ex0"), ("Status", "sent")])).await.0, 401);
}

#[tokio::test]
async fn news_finds_a_message_of_which_only_its_sending_is_known() {
    let stalls = Arc::new(AtomicBool::new(true));
    let does = Arc::clone(&stalls);
    let provider = Provider::doing(move |number, request| match does.load(Ordering::SeqCst) {
        true => Does::Stall,
        false => take(number, request),
    });
    let provider = provider.await;
    let app = TestApp::start_in_world(|config| exotel(config, &provider.url), Parrot::world(None)).await;
    assert_eq!(answered(Client::new().get(inbound(&app, "ex-in-1", "Hello"))).await.0, 200);
    let sent = provider.until(|asked| !asked.is_empty()).await.remove(0);
    stalls.store(false, Ordering::SeqCst);
    let app = app.restart_in_world(|_| {}, Parrot::world(None)).await;
    let callback = sent.field("StatusCallback").strip_prefix(super::PUBLIC).unwrap().to_owned();
    let by_our_name = [("SmsSid", "ex77"), ("Status", "delivered"), ("CustomField", &sent.field("CustomField"))];
    assert_eq!(answered(form(Client::new().post(app.url(&callback)), &by_our_name)).await.0, 200);
    let known = dispatched(&app, |known| known[0].reach() == Some(Delivery::Delivered)).await;
    assert_eq!(known[0].parts[0].provider_id.as_deref(), Some("ex77"));
    assert_eq!(provider.asked().len(), 1, "what is delivered is not sent again");
}
